//! What can be quantized: binary32, binary16 and bfloat16.

use core::fmt::Debug;

use bytemuck::must_cast_ref;
use half::{bf16, f16};

use crate::simd::{BLOCK, LANES, Simd};

/// A floating-point type that can be quantized: [`f32`], [`half::f16`] or [`half::bf16`].
///
/// The narrow types are widened to binary32, exactly, and then treated alike:
/// `quantize(x) == quantize(widened x)` to the bit. The trait is sealed.
///
/// ```
/// use absmax::Element;
/// use half::{bf16, f16};
///
/// assert_eq!(f16::from_f32(0.1).to_f32(), 0.099975586);
/// assert_eq!(bf16::from_f32(0.1).to_f32(), 0.100097656);
/// ```
pub trait Element: sealed::Sealed + Copy + Debug + Send + Sync + 'static {
    /// The name of the type: `"f32"`, `"f16"` or `"bf16"`.
    const NAME: &'static str;

    /// The value as binary32: exact.
    fn to_f32(self) -> f32;

    /// The nearest value of this type to a binary32, the even one of two.
    fn from_f32(x: f32) -> Self;
}

/// What a kernel needs to know of an element.
pub(crate) mod sealed {
    use super::{BLOCK, LANES, Simd};
    use crate::kernel::Compiled;

    pub trait Sealed: bytemuck::Pod + Compiled {
        /// The largest magnitude seen so far.
        type Peak<S: Simd>: Copy;

        /// Sixteen values as binary32.
        fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32;

        /// Sixteen values, none NaN, rounded to nearest even.
        fn store<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32);

        /// [`Sealed::store`] past the caches, where the CPU can.
        fn stream<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32);

        /// Nothing seen yet: zero.
        fn peak<S: Simd>(s: S) -> Self::Peak<S>;

        /// Sees a block; the two halves go to two accumulators so that neither has to wait. Where
        /// `QUICK` and [`Simd::QUICK_MISSES_NAN`], an f32 that is NaN may be missed.
        fn raise<S: Simd, const QUICK: bool>(
            s: S,
            peaks: &mut [Self::Peak<S>; 2],
            src: &[Self; BLOCK],
        );

        /// The largest magnitude seen, as the bits of `Self` without the sign; if a NaN was seen,
        /// the bits of some NaN.
        fn peak_bits<S: Simd>(s: S, peaks: [[Self::Peak<S>; 2]; 2]) -> u32;

        /// The bits of one value without the sign. As integers they order as the magnitudes do,
        /// with NaN above infinity.
        fn magnitude_bits(self) -> u32;

        /// The binary32 number whose magnitude [`Sealed::magnitude_bits`] made.
        fn from_magnitude_bits(bits: u32) -> f32;

        /// Sixteen bits that tell which bin of a histogram the value is in. As sign and magnitude they
        /// order as the values do.
        fn code(self) -> u16;

        /// A value with that [`Sealed::code`].
        fn of_code(code: u16) -> f32;
    }
}

impl Element for f32 {
    const NAME: &'static str = "f32";

    #[inline]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline]
    fn from_f32(x: f32) -> Self {
        x
    }
}

impl sealed::Sealed for f32 {
    type Peak<S: Simd> = S::Peak;

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
    fn code(self) -> u16 {
        // The sum of either zero and +0 is +0.
        ((self + 0.0).to_bits() >> 16) as u16
    }

    #[inline(always)]
    fn of_code(code: u16) -> f32 {
        // The last number of the bin: the first may be -0, which is not in it.
        Self::from_bits(u32::from(code) << 16 | 0xffff)
    }
}

macro_rules! sixteen_bits {
    ($type:ident, $load:ident, $store:ident) => {
        impl Element for $type {
            const NAME: &'static str = stringify!($type);

            #[inline]
            fn to_f32(self) -> f32 {
                $type::to_f32(self)
            }

            #[inline]
            fn from_f32(x: f32) -> Self {
                $type::from_f32(x)
            }
        }

        impl sealed::Sealed for $type {
            type Peak<S: Simd> = S::Peak16;

            #[inline(always)]
            fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32 {
                s.$load(src)
            }

            #[inline(always)]
            fn store<S: Simd>(s: S, dst: &mut [Self; LANES], v: S::F32) {
                s.$store(dst, v);
            }

            /// Sixteen values are half a line, which no streaming store is made for.
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
            fn code(self) -> u16 {
                self.to_bits()
            }

            #[inline(always)]
            fn of_code(code: u16) -> f32 {
                $type::from_bits(code).to_f32()
            }
        }
    };
}

sixteen_bits!(f16, load_f16, store_f16);
sixteen_bits!(bf16, load_bf16, store_bf16);
