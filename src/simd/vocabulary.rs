//! The vocabulary of kernels: some fifty operations on sixteen lanes, each with one exact meaning.

use half::{bf16, f16};

/// The number of lanes of a vector, which is a zmm register, two ymm registers, four NEON registers
/// or two `wide::f32x8`.
pub(crate) const LANES: usize = 16;

/// The number of values that are narrowed together: four vectors of 32-bit lanes make 64 bytes.
pub(crate) const BLOCK: usize = 4 * LANES;

/// Sixteen bytes, as words of 32 bits. They are moved and not computed with, and sixteen are the
/// largest vector that every CPU moves words within at once.
pub(crate) type Words = [i32; 4];

/// The number of blocks that a total takes in before it has to be settled. The sums of four bytes,
/// up to 1020, then fit 16 bits.
pub(crate) const UNSETTLED: usize = 32;

/// The largest number below 1/2. Adding it to the magnitude of a number below 2^22 and truncating the
/// sum rounds to the nearest integer, ties away from 0: the sum is rounded itself, so 1/2 itself
/// would carry the number before 1/2 to 1.
pub(crate) const NEARLY_HALF: f32 = 0.5 - f32::EPSILON / 4.0;

/// A proof that an instruction set is present, and the operations it affords.
///
/// Every implementation of an operation returns the same bits, except where the text of the
/// operation limits its inputs or leaves the result open.
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
    /// The least and the largest value seen so far, in whatever form the CPU finds them fastest.
    type Span: Copy;
    /// The largest 15-bit magnitudes seen so far, for f16 and bf16.
    type Peak16: Copy;
    /// The sum of the bytes seen so far, in whatever form the CPU finds it fastest.
    type Total: Copy;
    /// What it takes to divide by a scale known in advance: see [`crate::division`].
    type Divisor: Copy;

    /// Whether [`round`](Simd::round) makes `i32::MIN` of NaN and of everything that does not fit
    /// an `i32`, as x86 does. Then a wrong lane shows, and kernels may convert first and look
    /// later.
    const WILD_IS_MIN: bool;

    /// Whether [`raise_quick`](Simd::raise_quick) is quicker than [`raise`](Simd::raise) because it
    /// takes no notice of NaN. It is true only where [`WILD_IS_MIN`](Simd::WILD_IS_MIN) is, so that
    /// a NaN can still be noticed when the values are converted.
    const QUICK_MISSES_NAN: bool;

    /// Whether streamed stores differ from other stores. Where they do not, kernels are not
    /// compiled for them.
    const STREAMS: bool;

    /// Whether kernels compute panels of several blocks before they look for the end. It gains
    /// where a block is a few instructions.
    const PANELS: bool;

    // Memory.

    /// Loads sixteen values.
    fn load_f32(self, src: &[f32; LANES]) -> Self::F32;
    /// Loads sixteen values, widened exactly.
    fn load_f16(self, src: &[f16; LANES]) -> Self::F32;
    /// Loads sixteen values, widened exactly.
    fn load_bf16(self, src: &[bf16; LANES]) -> Self::F32;
    /// Loads sixteen integers, sign-extended and converted, which is exact.
    fn load_i8(self, src: &[i8; LANES]) -> Self::F32;
    /// Loads sixteen integers, zero-extended and converted, which is exact.
    fn load_u8(self, src: &[u8; LANES]) -> Self::F32;
    /// Loads sixteen integers.
    fn load_i32(self, src: &[i32; LANES]) -> Self::I32;
    /// Stores the lanes in order.
    fn store_f32(self, dst: &mut [f32; LANES], v: Self::F32);
    /// Stores the lanes in order, each rounded to nearest even. No lane is NaN.
    fn store_f16(self, dst: &mut [f16; LANES], v: Self::F32);
    /// Stores the lanes in order, each rounded to nearest even. No lane is NaN.
    fn store_bf16(self, dst: &mut [bf16; LANES], v: Self::F32);
    /// Stores the lanes in order.
    fn store_i32(self, dst: &mut [i32; LANES], v: Self::I32);
    /// Stores the lanes in order.
    fn store_i8(self, dst: &mut [i8; BLOCK], v: Self::I8);
    /// [`store_f32`](Simd::store_f32), bypassing the caches where the CPU can and `dst` starts a
    /// line.
    fn stream_f32(self, dst: &mut [f32; LANES], v: Self::F32);
    /// [`store_i8`](Simd::store_i8), bypassing the caches where the CPU can and `dst` starts a
    /// line.
    fn stream_i8(self, dst: &mut [i8; BLOCK], v: Self::I8);
    /// Orders streamed stores before whatever follows.
    fn stream_fence(self);
    /// Prefetches the cache line at `address`, which need not exist.
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
    /// hi and lo of [`crate::division`] for scales in the proven range. If
    /// [`divisor`](Simd::divisor) does not use them, they may be anything.
    fn reciprocal(self, scale: Self::F32) -> [Self::F32; 2];
    /// Prepares a division by `scale`, lane by lane; `hi` and `lo` as in [`crate::division`]. Where
    /// `lo` is 0, it prepares a multiplication by `hi`, and `scale` may be anything.
    fn divisor(self, scale: Self::F32, hi: Self::F32, lo: Self::F32) -> Self::Divisor;
    /// A number that [`round`](Simd::round) takes to the same integer as `a / scale`, for scales
    /// in the proven range and |a / scale| <= 256. Where `lo` is 0, `a * hi`, rounded once, for
    /// finite `a`.
    fn div_by(self, a: Self::F32, d: Self::Divisor) -> Self::F32;
    /// Limits each lane to `lo..=hi`. NaN becomes a lane that [`round`](Simd::round) makes 0, even
    /// if it has been divided in between.
    fn clip(self, v: Self::F32, lo: Self::F32, hi: Self::F32) -> Self::F32;
    /// The nearest integer, ties to even, of lanes below 2^22 in magnitude. (For other lanes see
    /// [`WILD_IS_MIN`](Simd::WILD_IS_MIN).)
    fn round(self, v: Self::F32) -> Self::I32;
    /// The nearest integer, ties away from 0, of lanes below 2^22 in magnitude. NaN becomes 0 where
    /// [`clip`](Simd::clip) leaves it.
    fn round_away(self, v: Self::F32) -> Self::I32;

    // Integers.

    /// `x` in every lane.
    fn splat_i32(self, x: i32) -> Self::I32;
    /// `x` in every lane.
    fn splat_i8(self, x: i8) -> Self::I8;
    /// The lanes as binary32, which is exact for lanes below 2^24 in magnitude.
    fn to_f32(self, v: Self::I32) -> Self::F32;
    /// a + b, wrapping.
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// Integers that are ordered like the numbers, with NaN of either sign beyond the infinities:
    /// -NaN < -infinity < -0 < +0 < infinity < NaN. Doing it twice gives the bits back.
    fn ordered(self, v: Self::F32) -> Self::I32;
    /// The bits without the sign: as an integer, NaN > infinity > every finite value.
    fn magnitude(self, v: Self::F32) -> Self::I32;
    /// Every bit inverted, which is -1 - v and reverses the order.
    fn not_i32(self, v: Self::I32) -> Self::I32;
    /// The larger of each pair, signed.
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// The smaller of each pair, signed.
    fn min_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// The largest lane of each vector, signed. The first lane has that of the first vector, and so
    /// on.
    fn max_each(self, v: &[Self::I32; LANES]) -> Self::I32;
    /// Whether every lane is in `least..=most`.
    fn all_within(self, v: Self::I32, least: i32, most: i32) -> bool;
    /// Narrows two vectors to 16 bits, saturating.
    fn narrow16(self, a: Self::I32, b: Self::I32) -> Self::I16;
    /// Narrows four vectors, which [`narrow16`](Simd::narrow16) narrowed two by two, to 64 bytes in
    /// order, saturating.
    fn narrow8(self, a: Self::I16, b: Self::I16) -> Self::I8;
    /// Narrows like [`narrow8`](Simd::narrow8), but to the bits of unsigned bytes: negative lanes
    /// become 0.
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

    /// The words of `a` and of `b` in turns: a0 b0 a1 b1, and a2 b2 a3 b3.
    fn zip_words(self, a: Words, b: Words) -> [Words; 2];
    /// The pairs of words of `a` and of `b` in turns: a0 a1 b0 b1, and a2 a3 b2 b3.
    fn zip_pairs(self, a: Words, b: Words) -> [Words; 2];

    // Sums.

    /// The sum before anything was seen, which is zero.
    fn total(self) -> Self::Total;
    /// Takes 64 signed integers in. At most [`UNSETTLED`] blocks may be taken in one after another.
    fn add_i8(self, total: Self::Total, src: &[i8; BLOCK]) -> Self::Total;
    /// Takes 64 unsigned integers in, like [`add_i8`](Simd::add_i8).
    fn add_u8(self, total: Self::Total, src: &[u8; BLOCK]) -> Self::Total;
    /// Makes room for as many blocks again.
    fn settle(self, total: Self::Total) -> Self::Total;
    /// The sum, modulo 2^32, of a total that is settled.
    fn total_of(self, total: Self::Total) -> i32;

    // Ranges.

    /// The peak before anything was seen, which is zero.
    fn peak(self) -> Self::Peak;
    /// Takes two vectors in.
    fn raise(self, peak: Self::Peak, v: [Self::F32; 2]) -> Self::Peak;
    /// Takes two vectors in, but may miss a NaN: see [`QUICK_MISSES_NAN`](Simd::QUICK_MISSES_NAN).
    fn raise_quick(self, peak: Self::Peak, v: [Self::F32; 2]) -> Self::Peak;
    /// The bits of the largest magnitude that one of the peaks saw, or the bits of some NaN if one
    /// of them saw a NaN.
    fn peak_bits(self, peaks: [Self::Peak; 4]) -> u32;
    /// The peak before anything was seen, which is zero.
    fn peak16(self) -> Self::Peak16;
    /// Takes the low 15 bits of each value in.
    fn raise16(self, peak: Self::Peak16, v: &[u16; 2 * LANES]) -> Self::Peak16;
    /// The largest low 15 bits that one of the peaks saw.
    fn peak16_bits(self, peaks: [Self::Peak16; 4]) -> u16;

    /// The span before anything was seen.
    fn span(self) -> Self::Span;
    /// Takes two vectors in.
    fn extend(self, span: Self::Span, v: [Self::F32; 2]) -> Self::Span;
    /// The least and the largest value that the spans saw. A zero may have either sign. Both are
    /// NaN if a span saw a NaN. If the spans saw nothing, the least is infinity and the largest is
    /// -infinity.
    fn limits(self, spans: [Self::Span; 4]) -> [f32; 2];

    /// Runs a kernel with the instruction set enabled.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;
}

/// A computation, written once for every instruction set.
///
/// `eval` and all that it calls must be `#[inline(always)]` functions, so that they are compiled
/// inside [`Simd::run`] where the instruction set is enabled. A closure would not be compiled
/// there.
pub trait Kernel {
    /// The type of the result.
    type Output;
    /// Runs the computation.
    fn eval<S: Simd>(self, s: S) -> Self::Output;
}

/// [`Simd::ordered`] of one number.
#[inline(always)]
pub(crate) fn ordered(x: f32) -> i32 {
    let bits = x.to_bits().cast_signed();
    bits ^ (bits >> 31 & i32::MAX)
}

/// The number that [`ordered`] made this integer of.
#[inline(always)]
pub(crate) fn number(ordered: i32) -> f32 {
    f32::from_bits((ordered ^ (ordered >> 31 & i32::MAX)).cast_unsigned())
}
