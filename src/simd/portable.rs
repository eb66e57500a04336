//! The vocabulary for any CPU. It uses the crate `wide`, which uses whatever the build target
//! promises (SSE2, NEON, simd128, nothing).

use bytemuck::must_cast as cast;
use half::{bf16, f16};
use wide::{f32x8, i8x16, i16x8, i16x16, i32x8};

use super::{BLOCK, Kernel, LANES, NEARLY_HALF, Simd, Words, number};

/// The token of the portable vocabulary. It needs no proof, because every CPU can run this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

type F32 = [f32x8; 2];
type I32 = [i32x8; 2];
type I16 = [i16x16; 2];
type I8 = [i8x16; 4];

/// The same of both halves of a vector. `<[T; 2]>::map` stays a call unless everything is optimised
/// as one.
#[inline(always)]
fn both<T: Copy, U>(v: [T; 2], f: impl Fn(T) -> U) -> [U; 2] {
    [f(v[0]), f(v[1])]
}

/// The same of every lane; not `<[T; N]>::map`, for the reason that [`both`] gives.
#[inline(always)]
fn lanes<T: Copy, U: Copy + Default, const N: usize>(src: &[T; N], f: impl Fn(T) -> U) -> [U; N] {
    let mut all = [U::default(); N];
    for (to, &x) in all.iter_mut().zip(src) {
        *to = f(x);
    }
    all
}

/// Widens f16 by arithmetic. With the magnitude's bits moved to where binary32 has its exponent,
/// the number is too small by 2^112 = 2^(127 - 15). This is so for subnormals too, and one exact
/// product corrects it. Exponent 31 stands for infinity and NaN, and becomes exponent 255. The upper
/// half of each lane does not matter.
#[inline(always)]
fn widen_f16(half: i32x8) -> f32x8 {
    const TWO_POW_112: f32 = f32::from_bits((127 + 112) << 23);
    let magnitude: i32x8 = half & i32x8::splat(0x7fff);
    let sign: i32x8 = (half & i32x8::splat(0x8000)) << 16;
    let scaled: f32x8 = cast::<i32x8, f32x8>(magnitude << 13) * f32x8::splat(TWO_POW_112);
    let special: i32x8 = i32x8::splat(0x7bff).simd_lt(magnitude) & i32x8::splat(0x7f80_0000);
    cast(cast::<f32x8, i32x8>(scaled) | special | sign)
}

/// Widens a vector. This is one function, because it is long and kernels load vectors in many places:
/// copies of it were a seventh of this crate's machine code in builds for development.
#[inline(never)]
fn load_f16(src: &[f16; LANES]) -> F32 {
    both(cast(*src), |half| widen_f16(i32x8::from_i16x8(half)))
}

/// Rounds to f16 by arithmetic, to nearest even. The bits stand in the low half of each lane.
///
/// Below 2^-14 f16 is subnormal and counts in steps of 2^-24. So does binary32 between 0.5 and 1,
/// and there the addition itself rounds. Elsewhere adding 0xfff, or 0x1000 where the last bit that
/// stays is odd, makes the carry round, and the exponent's bias changes from 127 to 15. What is
/// too large for f16 becomes infinity.
#[inline(always)]
fn narrow_f16(v: f32x8) -> i32x8 {
    const BIAS: i32 = (127 - 15) << 23;
    const LEAST_NORMAL: i32 = (127 - 14) << 23;
    const INFINITY: i32 = 0x7c00;
    let half = f32x8::splat(0.5);
    let bits: i32x8 = cast(v);
    let magnitude: i32x8 = bits & i32x8::splat(i32::MAX);
    let sign: i32x8 = bits >> 16 & i32x8::splat(0x8000);
    let subnormal: i32x8 =
        cast::<f32x8, i32x8>(cast::<i32x8, f32x8>(magnitude) + half) - cast::<f32x8, i32x8>(half);
    let odd: i32x8 = magnitude >> 13 & i32x8::splat(1);
    let normal: i32x8 = (magnitude + odd + i32x8::splat(0xfff - BIAS)) >> 13;
    let is_subnormal: i32x8 = magnitude.simd_lt(i32x8::splat(LEAST_NORMAL));
    let normal: i32x8 = normal.min(i32x8::splat(INFINITY));
    (is_subnormal & subnormal) | (!is_subnormal & normal) | sign
}

impl Simd for Portable {
    type F32 = F32;
    type I32 = I32;
    type I16 = I16;
    type I8 = I8;
    type Peak = I32;
    type Peak16 = [i16x16; 2];
    /// The least and the largest, [ordered](Simd::ordered).
    type Span = [I32; 2];
    type Total = i32;
    /// A factor and a divisor, one of which is 1, because there is no fused multiply-add to rely on.
    type Divisor = [F32; 2];
    const WILD_IS_MIN: bool = false;
    const QUICK_MISSES_NAN: bool = false;
    const STREAMS: bool = false;
    // A block is already hundreds of instructions. Panels gained nothing, and lost up to a quarter.
    const PANELS: bool = false;

    #[inline(always)]
    fn load_f32(self, src: &[f32; LANES]) -> F32 {
        cast(*src)
    }

    #[inline(always)]
    fn load_f16(self, src: &[f16; LANES]) -> F32 {
        load_f16(src)
    }

    #[inline(always)]
    fn load_bf16(self, src: &[bf16; LANES]) -> F32 {
        cast(both(cast(*src), |half| i32x8::from_i16x8(half) << 16))
    }

    #[inline(always)]
    fn load_i8(self, src: &[i8; LANES]) -> F32 {
        self.to_f32(cast(lanes(src, i32::from)))
    }

    #[inline(always)]
    fn load_u8(self, src: &[u8; LANES]) -> F32 {
        self.to_f32(cast(lanes(src, i32::from)))
    }

    #[inline(always)]
    fn load_i32(self, src: &[i32; LANES]) -> I32 {
        cast(*src)
    }

    #[inline(always)]
    fn store_f32(self, dst: &mut [f32; LANES], v: F32) {
        *dst = cast(v);
    }

    #[inline(always)]
    fn store_f16(self, dst: &mut [f16; LANES], v: F32) {
        let bits: [u32; LANES] = cast(both(v, narrow_f16));
        *dst = lanes(&bits, |bits| f16::from_bits(bits as u16));
    }

    /// Adding 0x7fff, or 0x8000 where the last bit that stays is odd, makes the carry round to
    /// nearest even.
    #[inline(always)]
    fn store_bf16(self, dst: &mut [bf16; LANES], v: F32) {
        let bits: [u32; LANES] = cast(v);
        let round = |bits: u32| (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
        *dst = lanes(&bits, |bits| bf16::from_bits(round(bits) as u16));
    }

    #[inline(always)]
    fn store_i32(self, dst: &mut [i32; LANES], v: I32) {
        *dst = cast(v);
    }

    #[inline(always)]
    fn store_i8(self, dst: &mut [i8; BLOCK], v: I8) {
        *dst = cast(v);
    }

    #[inline(always)]
    fn stream_f32(self, dst: &mut [f32; LANES], v: F32) {
        self.store_f32(dst, v);
    }

    #[inline(always)]
    fn stream_i8(self, dst: &mut [i8; BLOCK], v: I8) {
        self.store_i8(dst, v);
    }

    #[inline(always)]
    fn stream_fence(self) {}

    #[inline(always)]
    fn prefetch(self, _address: *const u8) {}

    #[inline(always)]
    fn splat(self, x: f32) -> F32 {
        [f32x8::splat(x); 2]
    }

    #[inline(always)]
    fn add(self, a: F32, b: F32) -> F32 {
        [a[0] + b[0], a[1] + b[1]]
    }

    #[inline(always)]
    fn mul(self, a: F32, b: F32) -> F32 {
        [a[0] * b[0], a[1] * b[1]]
    }

    #[inline(always)]
    fn div(self, a: F32, b: F32) -> F32 {
        [a[0] / b[0], a[1] / b[1]]
    }

    #[inline(always)]
    fn reciprocal(self, scale: F32) -> [F32; 2] {
        [scale; 2]
    }

    #[inline(always)]
    fn divisor(self, scale: F32, hi: F32, lo: F32) -> [F32; 2] {
        let (one, zero) = (f32x8::splat(1.0), f32x8::splat(0.0));
        let half = |i: usize| {
            let product = lo[i].simd_eq(zero);
            [product.select(hi[i], one), product.select(one, scale[i])]
        };
        let ([a, b], [c, d]) = (half(0), half(1));
        [[a, c], [b, d]]
    }

    #[inline(always)]
    fn div_by(self, a: F32, [factor, scale]: [F32; 2]) -> F32 {
        self.div(self.mul(a, factor), scale)
    }

    #[inline(always)]
    fn clip(self, v: F32, lo: F32, hi: F32) -> F32 {
        let half = |i: usize| (v[i] & v[i].simd_eq(v[i])).fast_max(lo[i]).fast_min(hi[i]);
        [half(0), half(1)]
    }

    /// Adding 1.5 * 2^23 leaves no room for a fraction, so the addition itself rounds to nearest
    /// even and the integer stands in the low bits. (`round_int` does not break ties to even
    /// where there is no instruction for it.)
    #[inline(always)]
    fn round(self, v: F32) -> I32 {
        const MAGIC: f32 = 12_582_912.0;
        let base = i32x8::splat(MAGIC.to_bits() as i32);
        both(v, |half| cast::<f32x8, i32x8>(half + f32x8::splat(MAGIC)) - base)
    }

    #[inline(always)]
    fn round_away(self, v: F32) -> I32 {
        let nearly_half = f32x8::splat(NEARLY_HALF);
        both(v, |half| (half + (nearly_half | half & f32x8::splat(-0.0))).fast_trunc_int())
    }

    #[inline(always)]
    fn splat_i32(self, x: i32) -> I32 {
        [i32x8::splat(x); 2]
    }

    #[inline(always)]
    fn splat_i8(self, x: i8) -> I8 {
        [i8x16::splat(x); 4]
    }

    #[inline(always)]
    fn to_f32(self, v: I32) -> F32 {
        both(v, i32x8::round_float)
    }

    #[inline(always)]
    fn add_i32(self, a: I32, b: I32) -> I32 {
        [a[0] + b[0], a[1] + b[1]]
    }

    #[inline(always)]
    fn ordered(self, v: F32) -> I32 {
        both(v, |half| {
            let bits: i32x8 = cast(half);
            bits ^ (bits >> 31 & i32x8::splat(i32::MAX))
        })
    }

    #[inline(always)]
    fn magnitude(self, v: F32) -> I32 {
        both(v, |half| cast::<f32x8, i32x8>(half) & i32x8::splat(i32::MAX))
    }

    #[inline(always)]
    fn not_i32(self, v: I32) -> I32 {
        both(v, |half| !half)
    }

    #[inline(always)]
    fn max_i32(self, a: I32, b: I32) -> I32 {
        [a[0].max(b[0]), a[1].max(b[1])]
    }

    #[inline(always)]
    fn min_i32(self, a: I32, b: I32) -> I32 {
        [a[0].min(b[0]), a[1].min(b[1])]
    }

    #[inline(always)]
    fn max_each(self, v: &[I32; LANES]) -> I32 {
        let largest = |v: I32| cast::<I32, [i32; LANES]>(v).into_iter().fold(i32::MIN, i32::max);
        cast(lanes(v, largest))
    }

    /// Without an early exit, so that the compiler makes vectors of the loop.
    #[inline(always)]
    fn all_within(self, v: I32, least: i32, most: i32) -> bool {
        let within = |all: bool, lane: i32| all & (least..=most).contains(&lane);
        cast::<I32, [i32; LANES]>(v).into_iter().fold(true, within)
    }

    #[inline(always)]
    fn zip_words(self, a: Words, b: Words) -> [Words; 2] {
        [[a[0], b[0], a[1], b[1]], [a[2], b[2], a[3], b[3]]]
    }

    #[inline(always)]
    fn zip_pairs(self, a: Words, b: Words) -> [Words; 2] {
        [[a[0], a[1], b[0], b[1]], [a[2], a[3], b[2], b[3]]]
    }

    #[inline(always)]
    fn narrow16(self, a: I32, b: I32) -> I16 {
        cast(both([a, b], |v| both(v, i16x8::from_i32x8_saturate)))
    }

    #[inline(always)]
    fn narrow8(self, a: I16, b: I16) -> I8 {
        cast(both([a, b], |v| both(v, i8x16::from_i16x16_saturate)))
    }

    #[inline(always)]
    fn narrow8_unsigned(self, a: I16, b: I16) -> I8 {
        let half = |v: i16x16| {
            cast::<[u8; 16], i8x16>(lanes(&cast::<i16x16, [i16; 16]>(v), |x| x.clamp(0, 255) as u8))
        };
        cast(both([a, b], |v| both(v, half)))
    }

    #[inline(always)]
    fn splat_i16(self, x: i16) -> I16 {
        [i16x16::splat(x); 2]
    }

    #[inline(always)]
    fn add_i16(self, a: I16, b: I16) -> I16 {
        [a[0].saturating_add(b[0]), a[1].saturating_add(b[1])]
    }

    #[inline(always)]
    fn min_i16(self, a: I16, b: I16) -> I16 {
        [a[0].min(b[0]), a[1].min(b[1])]
    }

    #[inline(always)]
    fn has_min_i16(self, v: I16) -> bool {
        cast::<I16, [i16; 2 * LANES]>(v).contains(&i16::MIN)
    }

    #[inline(always)]
    fn max_i8(self, a: I8, b: I8) -> I8 {
        [a[0].max(b[0]), a[1].max(b[1]), a[2].max(b[2]), a[3].max(b[3])]
    }

    #[inline(always)]
    fn xor_i8(self, a: I8, b: I8) -> I8 {
        [a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]]
    }

    #[inline(always)]
    fn min_i8(self, a: I8, b: I8) -> I8 {
        [a[0].min(b[0]), a[1].min(b[1]), a[2].min(b[2]), a[3].min(b[3])]
    }

    #[inline(always)]
    fn has_min_i8(self, v: I8) -> bool {
        cast::<I8, [i8; BLOCK]>(v).contains(&i8::MIN)
    }

    #[inline(always)]
    fn total(self) -> i32 {
        0
    }

    #[inline(always)]
    fn add_i8(self, total: i32, src: &[i8; BLOCK]) -> i32 {
        total.wrapping_add(src.iter().map(|&q| i32::from(q)).sum())
    }

    #[inline(always)]
    fn add_u8(self, total: i32, src: &[u8; BLOCK]) -> i32 {
        total.wrapping_add(src.iter().map(|&q| i32::from(q)).sum())
    }

    #[inline(always)]
    fn settle(self, total: i32) -> i32 {
        total
    }

    #[inline(always)]
    fn total_of(self, total: i32) -> i32 {
        total
    }

    #[inline(always)]
    fn peak(self) -> I32 {
        [i32x8::splat(0); 2]
    }

    #[inline(always)]
    fn raise(self, peak: I32, v: [F32; 2]) -> I32 {
        self.max_i32(peak, self.max_i32(self.magnitude(v[0]), self.magnitude(v[1])))
    }

    #[inline(always)]
    fn raise_quick(self, peak: I32, v: [F32; 2]) -> I32 {
        self.raise(peak, v)
    }

    #[inline(always)]
    fn peak_bits(self, [a, b, c, d]: [I32; 4]) -> u32 {
        let top = self.max_i32(self.max_i32(a, b), self.max_i32(c, d));
        cast::<I32, [u32; LANES]>(top).into_iter().fold(0, u32::max)
    }

    #[inline(always)]
    fn peak16(self) -> Self::Peak16 {
        [i16x16::splat(0); 2]
    }

    #[inline(always)]
    fn raise16(self, peak: Self::Peak16, v: &[u16; 2 * LANES]) -> Self::Peak16 {
        let v: [i16x16; 2] = cast(*v);
        let mask = i16x16::splat(i16::MAX);
        [peak[0].max(v[0] & mask), peak[1].max(v[1] & mask)]
    }

    #[inline(always)]
    fn peak16_bits(self, [a, b, c, d]: [Self::Peak16; 4]) -> u16 {
        let half = |i: usize| a[i].max(b[i]).max(c[i].max(d[i]));
        cast::<Self::Peak16, [u16; 2 * LANES]>([half(0), half(1)]).into_iter().fold(0, u16::max)
    }

    #[inline(always)]
    fn span(self) -> [I32; 2] {
        let ends = [f32::INFINITY, f32::NEG_INFINITY];
        both(ends, |end| self.ordered(self.splat(end)))
    }

    #[inline(always)]
    fn extend(self, [min, max]: [I32; 2], v: [F32; 2]) -> [I32; 2] {
        let [a, b] = both(v, |v| self.ordered(v));
        [self.min_i32(min, self.min_i32(a, b)), self.max_i32(max, self.max_i32(a, b))]
    }

    #[inline(always)]
    fn limits(self, [a, b, c, d]: [[I32; 2]; 4]) -> [f32; 2] {
        let min = self.min_i32(self.min_i32(a[0], b[0]), self.min_i32(c[0], d[0]));
        let max = self.max_i32(self.max_i32(a[1], b[1]), self.max_i32(c[1], d[1]));
        let min = cast::<I32, [i32; LANES]>(min).into_iter().fold(i32::MAX, i32::min);
        let max = cast::<I32, [i32; LANES]>(max).into_iter().fold(i32::MIN, i32::max);
        let limits = [number(min), number(max)];
        if limits.iter().any(|x| x.is_nan()) { [f32::NAN; 2] } else { limits }
    }

    // This is not inlined, so that the portable code is beside the code of the other instruction
    // sets and not in the middle of the choice between them.
    #[inline(never)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.eval(self)
    }
}
