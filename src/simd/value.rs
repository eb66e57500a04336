//! The types that vectors are loaded from and stored to: binary32, binary16 and bfloat16.

use bytemuck::must_cast_ref;
use half::{bf16, f16};

use super::{BLOCK, LANES, Simd};

/// A floating-point type whose values become lanes: [`f32`], [`struct@f16`] or [`bf16`].
pub trait Value: bytemuck::Pod + Send + Sync {
    /// The largest magnitude seen so far.
    type Peak<S: Simd>: Copy;

    /// The bits of infinity. Those of magnitudes are NaN above it.
    const INFINITY_BITS: u32;

    /// The distance from 1 to the next number of the type.
    const EPSILON: f32;

    /// Loads sixteen values as binary32.
    fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32;

    /// Stores sixteen values, none of which is NaN, rounded to nearest even.
    fn store<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32);

    /// [`Value::store`], bypassing the caches where the CPU can.
    fn stream<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32);

    /// The peak before anything was seen, which is zero.
    fn peak<S: Simd>(s: S) -> Self::Peak<S>;

    /// Takes a block in. Its two halves go to two accumulators, so that neither has to wait. With
    /// `QUICK` and [`Simd::QUICK_MISSES_NAN`], an f32 that is NaN may be missed.
    fn raise<S: Simd, const QUICK: bool>(s: S, peaks: &mut [Self::Peak<S>; 2], src: &[Self; BLOCK]);

    /// The largest magnitude seen, as the bits of `Self` without the sign, or the bits of some NaN
    /// if a NaN was seen.
    fn peak_bits<S: Simd>(s: S, peaks: [[Self::Peak<S>; 2]; 2]) -> u32;

    /// The bits of one value without the sign. As integers, they are ordered like the magnitudes,
    /// with NaN above infinity.
    fn magnitude_bits(self) -> u32;

    /// The binary32 number whose magnitude [`Value::magnitude_bits`] made.
    fn from_magnitude_bits(bits: u32) -> f32;

    /// The value as binary32, which is exact.
    fn widened(self) -> f32;

    /// The value of this type that is nearest to `x`, and the even one of two that are equally near,
    /// as binary32.
    fn nearest(x: f32) -> f32;
}

impl Value for f32 {
    type Peak<S: Simd> = S::Peak;
    const INFINITY_BITS: u32 = Self::INFINITY.to_bits();
    const EPSILON: f32 = Self::EPSILON;

    #[inline(always)]
    fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32 {
        s.load_f32(src)
    }

    #[inline(always)]
    fn store<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32) {
        s.store_f32(dst, v);
    }

    #[inline(always)]
    fn stream<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32) {
        s.stream_f32(dst, v);
    }

    #[inline(always)]
    fn peak<S: Simd>(s: S) -> S::Peak {
        s.peak()
    }

    #[inline(always)]
    fn raise<S: Simd, const QUICK: bool>(s: S, peaks: &mut [S::Peak; 2], src: &[Self; BLOCK]) {
        let [a, b, c, d]: &[[f32; LANES]; 4] = must_cast_ref(src);
        let halves = [[s.load_f32(a), s.load_f32(b)], [s.load_f32(c), s.load_f32(d)]];
        for (peak, half) in peaks.iter_mut().zip(halves) {
            *peak = if QUICK { s.raise_quick(*peak, half) } else { s.raise(*peak, half) };
        }
    }

    #[inline(always)]
    fn peak_bits<S: Simd>(s: S, [[a, b], [c, d]]: [[S::Peak; 2]; 2]) -> u32 {
        s.peak_bits([a, b, c, d])
    }

    #[inline(always)]
    fn magnitude_bits(self) -> u32 {
        self.to_bits() & 0x7fff_ffff
    }

    #[inline(always)]
    fn from_magnitude_bits(bits: u32) -> f32 {
        Self::from_bits(bits)
    }

    #[inline(always)]
    fn widened(self) -> f32 {
        self
    }

    #[inline(always)]
    fn nearest(x: f32) -> f32 {
        x
    }
}

macro_rules! sixteen_bits {
    ($type:ident, $load:ident, $store:ident) => {
        impl Value for $type {
            type Peak<S: Simd> = S::Peak16;
            const INFINITY_BITS: u32 = $type::INFINITY.to_bits() as u32;
            const EPSILON: f32 = $type::EPSILON.to_f32_const();

            #[inline(always)]
            fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32 {
                s.$load(src)
            }

            #[inline(always)]
            fn store<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32) {
                s.$store(dst, v);
            }

            /// Sixteen values are half a cache line, which no streaming store is made for.
            #[inline(always)]
            fn stream<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32) {
                s.$store(dst, v);
            }

            #[inline(always)]
            fn peak<S: Simd>(s: S) -> S::Peak16 {
                s.peak16()
            }

            #[inline(always)]
            fn raise<S: Simd, const QUICK: bool>(
                s: S,
                peaks: &mut [S::Peak16; 2],
                src: &[Self; BLOCK],
            ) {
                let v: &[[u16; 2 * LANES]; 2] = must_cast_ref(src);
                peaks[0] = s.raise16(peaks[0], &v[0]);
                peaks[1] = s.raise16(peaks[1], &v[1]);
            }

            #[inline(always)]
            fn peak_bits<S: Simd>(s: S, [[a, b], [c, d]]: [[S::Peak16; 2]; 2]) -> u32 {
                s.peak16_bits([a, b, c, d]).into()
            }

            #[inline(always)]
            fn magnitude_bits(self) -> u32 {
                u32::from(self.to_bits() & 0x7fff)
            }

            #[inline(always)]
            fn from_magnitude_bits(bits: u32) -> f32 {
                $type::from_bits(bits as u16).to_f32()
            }

            #[inline(always)]
            fn widened(self) -> f32 {
                self.to_f32()
            }

            #[inline(always)]
            fn nearest(x: f32) -> f32 {
                Self::from_f32(x).to_f32()
            }
        }
    };
}

sixteen_bits!(f16, load_f16, store_f16);
sixteen_bits!(bf16, load_bf16, store_bf16);
