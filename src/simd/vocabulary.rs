//! What a kernel may say: some fifty operations on sixteen lanes, one exact meaning each.

use half::{bf16, f16};

/// Lanes of one vector: a zmm register, two ymm, four NEON registers or two `wide::f32x8`.
pub(crate) const LANES: usize = 16;

/// Values that are narrowed together: four vectors of 32-bit lanes make 64 bytes.
pub(crate) const BLOCK: usize = 4 * LANES;

/// A proof that an instruction set is present, and the operations it affords.
///
/// Every operation returns the same bits on every implementation, save where its text says which
/// inputs it is meant for.
pub trait Simd: Copy {
    /// Sixteen binary32 lanes.
    type F32: Copy;
    /// Sixteen 32-bit integer lanes.
    type I32: Copy;
    /// Thirty-two 16-bit integer lanes, in whatever order the CPU narrows to.
    type I16: Copy;
    /// Sixty-four 8-bit integer lanes.
    type I8: Copy;
    /// The largest magnitude seen so far, in whatever form the CPU finds it fastest.
    type Peak: Copy;
    /// The least and the largest value seen so far, in such a form.
    type Span: Copy;
    /// The largest 15-bit magnitudes seen so far, for f16 and bf16.
    type Peak16: Copy;
    /// What it takes to divide by a scale known in advance: see [`crate::division`].
    type Divisor: Copy;

    /// Whether [`round`](Simd::round) makes `i32::MIN` of NaN and of everything that does not fit
    /// an `i32`, as x86 does. Then a wrong lane shows, and kernels may convert first and look later.
    const WILD_IS_MIN: bool;

    /// Whether [`raise_quick`](Simd::raise_quick) is quicker than [`raise`](Simd::raise) because it
    /// takes no notice of NaN. Only where [`WILD_IS_MIN`](Simd::WILD_IS_MIN), so that a NaN can
    /// still be noticed when the values are converted.
    const QUICK_MISSES_NAN: bool;

    // Memory.

    /// Sixteen values as they are.
    fn load_f32(self, src: &[f32; LANES]) -> Self::F32;
    /// Sixteen values, widened exactly.
    fn load_f16(self, src: &[f16; LANES]) -> Self::F32;
    /// Sixteen values, widened exactly.
    fn load_bf16(self, src: &[bf16; LANES]) -> Self::F32;
    /// Sixteen integers, sign-extended and converted: exact.
    fn load_i8(self, src: &[i8; LANES]) -> Self::F32;
    /// Sixteen integers, zero-extended and converted: exact.
    fn load_u8(self, src: &[u8; LANES]) -> Self::F32;
    /// Sixteen integers as they are.
    fn load_i32(self, src: &[i32; LANES]) -> Self::I32;
    /// The lanes in order.
    fn store_f32(self, dst: &mut [f32; LANES], v: Self::F32);
    /// The lanes in order, each rounded to nearest even; none is NaN.
    fn store_f16(self, dst: &mut [f16; LANES], v: Self::F32);
    /// The lanes in order, each rounded to nearest even; none is NaN.
    fn store_bf16(self, dst: &mut [bf16; LANES], v: Self::F32);
    /// The lanes in order.
    fn store_i32(self, dst: &mut [i32; LANES], v: Self::I32);
    /// The lanes in order.
    fn store_i8(self, dst: &mut [i8; BLOCK], v: Self::I8);
    /// [`store_f32`](Simd::store_f32) past the caches, where the CPU can and `dst` starts a line.
    fn stream_f32(self, dst: &mut [f32; LANES], v: Self::F32);
    /// [`store_i8`](Simd::store_i8) past the caches, where the CPU can and `dst` starts a line.
    fn stream_i8(self, dst: &mut [i8; BLOCK], v: Self::I8);
    /// Orders streamed stores before whatever follows.
    fn stream_fence(self);
    /// Asks for the cache line at `address`, which need not exist.
    fn prefetch(self, address: *const u8);

    // Floating point.

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::F32;
    /// a + b, rounded once.
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a * b, rounded once.
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// a / b, rounded once.
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// hi and lo of [`crate::division`] for scales in the proven range. Where a
    /// [`divisor`](Simd::divisor) makes no use of them, anything.
    fn reciprocal(self, scale: Self::F32) -> [Self::F32; 2];
    /// Prepares a division by `scale`, lane by lane; `hi` and `lo` as in [`crate::division`].
    fn divisor(self, scale: Self::F32, hi: Self::F32, lo: Self::F32) -> Self::Divisor;
    /// A number that [`round`](Simd::round) takes to the same integer as `a / scale`, for scales
    /// in the proven range and |a / scale| <= 256.
    fn div_by(self, a: Self::F32, d: Self::Divisor) -> Self::F32;
    /// Each lane limited to `lo..=hi`; NaN becomes a lane that [`round`](Simd::round) makes 0,
    /// also when it has been divided in between.
    fn clip(self, v: Self::F32, lo: Self::F32, hi: Self::F32) -> Self::F32;
    /// The nearest integer, ties to even, of lanes below 2^22 in magnitude. (For other lanes see
    /// [`WILD_IS_MIN`](Simd::WILD_IS_MIN).)
    fn round(self, v: Self::F32) -> Self::I32;

    // Integers.

    /// `x` in every lane.
    fn splat_i32(self, x: i32) -> Self::I32;
    /// `x` in every lane.
    fn splat_i8(self, x: i8) -> Self::I8;
    /// As binary32: exact, for lanes below 2^24 in magnitude.
    fn to_f32(self, v: Self::I32) -> Self::F32;
    /// a + b, wrapping.
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// Integers that order as the numbers do, and beyond the infinities NaN of either sign:
    /// -NaN < -infinity < -0 < +0 < infinity < NaN. Done twice it is undone.
    fn ordered(self, v: Self::F32) -> Self::I32;
    /// The bits without the sign: as an integer, NaN > infinity > every finite value.
    fn magnitude(self, v: Self::F32) -> Self::I32;
    /// The larger of each pair, signed.
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// The smaller of each pair, signed.
    fn min_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// The largest lane of each vector, signed: that of the first in the first lane, and so on.
    fn max_each(self, v: &[Self::I32; LANES]) -> Self::I32;
    /// Two vectors to 16 bits, saturating.
    fn narrow16(self, a: Self::I32, b: Self::I32) -> Self::I16;
    /// Four vectors, narrowed two by two, to 64 bytes in order, saturating.
    fn narrow8(self, a: Self::I16, b: Self::I16) -> Self::I8;
    /// The same, to the bits of unsigned bytes: negative lanes become 0.
    fn narrow8_unsigned(self, a: Self::I16, b: Self::I16) -> Self::I8;
    /// `x` in every lane.
    fn splat_i16(self, x: i16) -> Self::I16;
    /// a + b, saturating.
    fn add_i16(self, a: Self::I16, b: Self::I16) -> Self::I16;
    /// The smaller of each pair, signed.
    fn min_i16(self, a: Self::I16, b: Self::I16) -> Self::I16;
    /// Whether a lane is `i16::MIN`.
    fn has_min_i16(self, v: Self::I16) -> bool;
    /// The larger of each pair, signed.
    fn max_i8(self, a: Self::I8, b: Self::I8) -> Self::I8;
    /// a ^ b.
    fn xor_i8(self, a: Self::I8, b: Self::I8) -> Self::I8;
    /// The smaller of each pair, signed.
    fn min_i8(self, a: Self::I8, b: Self::I8) -> Self::I8;
    /// Whether a lane is `i8::MIN`.
    fn has_min_i8(self, v: Self::I8) -> bool;

    // Ranges.

    /// Nothing seen yet: zero.
    fn peak(self) -> Self::Peak;
    /// Sees two vectors.
    fn raise(self, peak: Self::Peak, v: [Self::F32; 2]) -> Self::Peak;
    /// The same, of values among which a NaN may be missed: see
    /// [`QUICK_MISSES_NAN`](Simd::QUICK_MISSES_NAN).
    fn raise_quick(self, peak: Self::Peak, v: [Self::F32; 2]) -> Self::Peak;
    /// The bits of the largest magnitude that one of the peaks saw; those of some NaN if one did.
    fn peak_bits(self, peaks: [Self::Peak; 4]) -> u32;
    /// Nothing seen yet: zero.
    fn peak16(self) -> Self::Peak16;
    /// Sees the low 15 bits of each value.
    fn raise16(self, peak: Self::Peak16, v: &[u16; 2 * LANES]) -> Self::Peak16;
    /// The largest low 15 bits that one of the peaks saw.
    fn peak16_bits(self, peaks: [Self::Peak16; 4]) -> u16;

    /// Nothing seen yet.
    fn span(self) -> Self::Span;
    /// Sees two vectors.
    fn widen(self, span: Self::Span, v: [Self::F32; 2]) -> Self::Span;
    /// The least and the largest value that the spans saw, a zero of either sign; NaN if one did,
    /// and the infinities crossed if they saw nothing.
    fn limits(self, spans: [Self::Span; 4]) -> [f32; 2];

    /// Runs a kernel with the instruction set enabled.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;
}

/// A computation, written once for every instruction set.
///
/// `eval` and all that it calls must be `#[inline(always)]` functions, so that they are compiled
/// inside [`Simd::run`] where the instruction set is enabled. A closure would not be.
pub trait Kernel {
    /// What it computes.
    type Output;
    /// Computes it.
    fn eval<S: Simd>(self, s: S) -> Self::Output;
}

/// [`Simd::ordered`] of one number.
#[inline(always)]
pub(crate) fn ordered(x: f32) -> i32 {
    let bits = x.to_bits().cast_signed();
    bits ^ (bits >> 31 & i32::MAX)
}

/// The number that [`ordered`] made an integer of.
#[inline(always)]
pub(crate) fn number(ordered: i32) -> f32 {
    f32::from_bits((ordered ^ (ordered >> 31 & i32::MAX)).cast_unsigned())
}
