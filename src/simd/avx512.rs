//! The vocabulary in AVX-512 (F, BW, DQ, VL). A vector is one register.

use bytemuck::must_cast as cast;
use core::arch::x86_64::*;
use half::{bf16, f16};

use super::{BLOCK, LANES, NEARLY_HALF, Words};

type F32 = __m512;
type I32 = __m512i;
type I16 = __m512i;
type I8 = __m512i;
/// Sums of 16 bits, and sums of 32 bits.
type Total = [__m512i; 2];
type Divisor = [__m512; 2];
/// Two running maxima, which are magnitudes.
type Peak = [__m512; 2];
type Peak16 = __m512i;
/// The least, the largest, and the lanes in which no NaN was seen.
type Span = (__m512, __m512, __mmask16);

token! {
    /// The CPU has AVX-512 F, BW, DQ and VL.
    Avx512,
    detect = is_x86_feature_detected,
    features = ["avx512f", "avx512bw", "avx512dq", "avx512vl"],
    wild_is_min = true,
    quick_misses_nan = true,
    streams = true
}

with_features! {
    fn load_f32(src: &[f32; LANES]) -> F32 {
        cast(*src)
    }

    fn load_f16(src: &[f16; LANES]) -> F32 {
        _mm512_cvtph_ps(cast(*src))
    }

    fn load_bf16(src: &[bf16; LANES]) -> F32 {
        _mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(cast(*src))))
    }

    fn load_i8(src: &[i8; LANES]) -> F32 {
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(cast(*src)))
    }

    fn load_u8(src: &[u8; LANES]) -> F32 {
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(cast(*src)))
    }

    fn load_i32(src: &[i32; LANES]) -> I32 {
        cast(*src)
    }

    fn store_f32(dst: &mut [f32; LANES], v: F32) {
        *dst = cast(v);
    }

    fn store_f16(dst: &mut [f16; LANES], v: F32) {
        *dst = cast(_mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(v));
    }

    /// Adding 0x7fff, or 0x8000 where the last bit that stays is odd, makes the carry round to
    /// nearest even.
    fn store_bf16(dst: &mut [bf16; LANES], v: F32) {
        let bits = _mm512_castps_si512(v);
        let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
        let carried = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        *dst = cast(_mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(carried)));
    }

    fn store_i32(dst: &mut [i32; LANES], v: I32) {
        *dst = cast(v);
    }

    fn store_i8(dst: &mut [i8; BLOCK], v: I8) {
        *dst = cast(v);
    }

    #[allow(unsafe_code)]
    fn stream_f32(dst: &mut [f32; LANES], v: F32) {
        let line = dst.as_mut_ptr();
        if line.cast::<__m512>().is_aligned() {
            // SAFETY: `dst` is 64 writable bytes, and they start a 64-byte line.
            unsafe { _mm512_stream_ps(line, v) }
        } else {
            store_f32(dst, v);
        }
    }

    #[allow(unsafe_code)]
    fn stream_i8(dst: &mut [i8; BLOCK], v: I8) {
        let line = dst.as_mut_ptr().cast::<__m512i>();
        if line.is_aligned() {
            // SAFETY: `dst` is 64 writable bytes, and they start a 64-byte line.
            unsafe { _mm512_stream_si512(line, v) }
        } else {
            store_i8(dst, v);
        }
    }

    #[allow(unsafe_code, unused_unsafe)] // no longer an unsafe function in newer compilers
    fn stream_fence() {
        // SAFETY: a fence touches no memory; every x86-64 CPU has it.
        unsafe { _mm_sfence() }
    }

    #[allow(unsafe_code, unused_unsafe)] // no longer an unsafe function in newer compilers
    fn prefetch(address: *const u8) {
        // SAFETY: a prefetch is a hint; it faults at no address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    fn splat(x: f32) -> F32 {
        _mm512_set1_ps(x)
    }

    fn add(a: F32, b: F32) -> F32 {
        _mm512_add_ps(a, b)
    }

    fn mul(a: F32, b: F32) -> F32 {
        _mm512_mul_ps(a, b)
    }

    fn div(a: F32, b: F32) -> F32 {
        _mm512_div_ps(a, b)
    }

    fn reciprocal(scale: F32) -> [F32; 2] {
        let one = _mm512_set1_ps(1.0);
        let hi = _mm512_div_ps(one, scale);
        [hi, _mm512_div_ps(_mm512_fnmadd_ps(scale, hi, one), scale)]
    }

    fn divisor(_scale: F32, hi: F32, lo: F32) -> Divisor {
        [hi, lo]
    }

    fn div_by(a: F32, [hi, lo]: Divisor) -> F32 {
        _mm512_fmadd_ps(a, hi, _mm512_mul_ps(a, lo))
    }

    fn clip(v: F32, lo: F32, hi: F32) -> F32 {
        let ordered = _mm512_cmp_ps_mask::<_CMP_ORD_Q>(v, v);
        _mm512_min_ps(_mm512_maskz_max_ps(ordered, v, lo), hi)
    }

    fn round_away(v: F32) -> I32 {
        let sign = _mm512_and_ps(v, _mm512_set1_ps(-0.0));
        let nearly_half = _mm512_or_ps(sign, _mm512_set1_ps(NEARLY_HALF));
        _mm512_cvttps_epi32(_mm512_add_ps(v, nearly_half))
    }

    fn round(v: F32) -> I32 {
        _mm512_cvtps_epi32(v)
    }

    fn splat_i32(x: i32) -> I32 {
        _mm512_set1_epi32(x)
    }

    fn splat_i8(x: i8) -> I8 {
        _mm512_set1_epi8(x)
    }

    fn to_f32(v: I32) -> F32 {
        _mm512_cvtepi32_ps(v)
    }

    fn add_i32(a: I32, b: I32) -> I32 {
        _mm512_add_epi32(a, b)
    }

    fn ordered(v: F32) -> I32 {
        let bits = _mm512_castps_si512(v);
        let negative = _mm512_srai_epi32::<31>(bits);
        _mm512_xor_si512(bits, _mm512_and_si512(negative, _mm512_set1_epi32(i32::MAX)))
    }

    fn magnitude(v: F32) -> I32 {
        _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(i32::MAX))
    }

    fn not_i32(v: I32) -> I32 {
        _mm512_xor_si512(v, _mm512_set1_epi32(-1))
    }

    fn max_i32(a: I32, b: I32) -> I32 {
        _mm512_max_epi32(a, b)
    }

    fn min_i32(a: I32, b: I32) -> I32 {
        _mm512_min_epi32(a, b)
    }

    /// Four vectors at a time become one, each of whose 128-bit lanes holds the largest elements of
    /// that lane of the four. Then the lanes are compared.
    fn max_each(v: &[I32; LANES]) -> I32 {
        let quads = [quad(v, 0), quad(v, 4), quad(v, 8), quad(v, 12)];
        lanes(lanes(quads[0], quads[1]), lanes(quads[2], quads[3]))
    }

    /// The largest of each 128-bit lane of four vectors from `at` on.
    fn quad(v: &[I32; LANES], at: usize) -> I32 {
        let [a, b, c, d] = [v[at], v[at + 1], v[at + 2], v[at + 3]];
        let ab = _mm512_max_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
        let cd = _mm512_max_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
        _mm512_max_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd))
    }

    /// The larger elements of neighbouring 128-bit lanes, those of `a` before those of `b`.
    fn lanes(a: I32, b: I32) -> I32 {
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        _mm512_max_epi32(_mm512_shuffle_i32x4::<EVEN>(a, b), _mm512_shuffle_i32x4::<ODD>(a, b))
    }

    fn all_within(v: I32, least: i32, most: i32) -> bool {
        let from_least = _mm512_cmpge_epi32_mask(v, _mm512_set1_epi32(least));
        _mm512_mask_cmple_epi32_mask(from_least, v, _mm512_set1_epi32(most)) == 0xffff
    }

    fn zip_words(a: Words, b: Words) -> [Words; 2] {
        let (a, b): (__m128i, __m128i) = (cast(a), cast(b));
        [cast(_mm_unpacklo_epi32(a, b)), cast(_mm_unpackhi_epi32(a, b))]
    }

    fn zip_pairs(a: Words, b: Words) -> [Words; 2] {
        let (a, b): (__m128i, __m128i) = (cast(a), cast(b));
        [cast(_mm_unpacklo_epi64(a, b)), cast(_mm_unpackhi_epi64(a, b))]
    }

    /// The packs work within 128-bit lanes; [`in_order`] puts their 4-byte pieces in order.
    fn narrow16(a: I32, b: I32) -> I16 {
        _mm512_packs_epi32(a, b)
    }

    fn narrow8(a: I16, b: I16) -> I8 {
        in_order(_mm512_packs_epi16(a, b))
    }

    fn narrow8_unsigned(a: I16, b: I16) -> I8 {
        in_order(_mm512_packus_epi16(a, b))
    }

    fn in_order(v: I8) -> I8 {
        let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        _mm512_permutexvar_epi32(order, v)
    }

    fn splat_i16(x: i16) -> I16 {
        _mm512_set1_epi16(x)
    }

    fn add_i16(a: I16, b: I16) -> I16 {
        _mm512_adds_epi16(a, b)
    }

    fn min_i16(a: I16, b: I16) -> I16 {
        _mm512_min_epi16(a, b)
    }

    fn has_min_i16(v: I16) -> bool {
        _mm512_cmpeq_epi16_mask(v, _mm512_set1_epi16(i16::MIN)) != 0
    }

    fn max_i8(a: I8, b: I8) -> I8 {
        _mm512_max_epi8(a, b)
    }

    fn xor_i8(a: I8, b: I8) -> I8 {
        _mm512_xor_si512(a, b)
    }

    fn min_i8(a: I8, b: I8) -> I8 {
        _mm512_min_epi8(a, b)
    }

    fn has_min_i8(v: I8) -> bool {
        _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8(i8::MIN)) != 0
    }

    fn total() -> Total {
        [_mm512_setzero_si512(); 2]
    }

    /// The sums of pairs of bytes are at most 510.
    fn add_i8([halves, words]: Total, src: &[i8; BLOCK]) -> Total {
        let pairs = _mm512_maddubs_epi16(_mm512_set1_epi8(1), cast(*src));
        [_mm512_add_epi16(halves, pairs), words]
    }

    fn add_u8([halves, words]: Total, src: &[u8; BLOCK]) -> Total {
        let pairs = _mm512_maddubs_epi16(cast(*src), _mm512_set1_epi8(1));
        [_mm512_add_epi16(halves, pairs), words]
    }

    fn settle([halves, words]: Total) -> Total {
        let pairs = _mm512_madd_epi16(halves, _mm512_set1_epi16(1));
        [_mm512_setzero_si512(), _mm512_add_epi32(words, pairs)]
    }

    fn total_of([_, words]: Total) -> i32 {
        _mm512_reduce_add_epi32(words)
    }

    fn peak() -> Peak {
        [_mm512_setzero_ps(); 2]
    }

    /// Magnitudes are ordered as integers as they are as numbers, with NaN above all of them.
    fn raise(top: Peak, v: [F32; 2]) -> Peak {
        let larger = |a, b| _mm512_castsi512_ps(max_i32(_mm512_castps_si512(a), magnitude(b)));
        [larger(top[0], v[0]), larger(top[1], v[1])]
    }

    /// One instruction takes the larger of |a| and |b|, and the number if the other is NaN.
    fn raise_quick(top: Peak, v: [F32; 2]) -> Peak {
        [max_abs(top[0], v[0]), max_abs(top[1], v[1])]
    }

    fn max_abs(a: F32, b: F32) -> F32 {
        const MAX_ABS_CLEAR_SIGN: i32 = 0b10_11;
        _mm512_range_ps::<MAX_ABS_CLEAR_SIGN>(a, b)
    }

    fn peak_bits([a, b, c, d]: [Peak; 4]) -> u32 {
        let bits = |peak: Peak| max_i32(_mm512_castps_si512(peak[0]), _mm512_castps_si512(peak[1]));
        _mm512_reduce_max_epu32(max_i32(max_i32(bits(a), bits(b)), max_i32(bits(c), bits(d))))
    }

    fn peak16() -> Peak16 {
        _mm512_setzero_si512()
    }

    fn raise16(peak: Peak16, v: &[u16; 2 * LANES]) -> Peak16 {
        let magnitudes = _mm512_and_si512(cast(*v), _mm512_set1_epi16(i16::MAX));
        _mm512_max_epi16(peak, magnitudes)
    }

    fn peak16_bits([a, b, c, d]: [Peak16; 4]) -> u16 {
        let top = _mm512_max_epi16(_mm512_max_epi16(a, b), _mm512_max_epi16(c, d));
        let [low, high]: [__m256i; 2] = cast(top);
        let [low, high]: [__m128i; 2] = cast(_mm256_max_epi16(low, high));
        // One instruction finds the least of eight, and these are below 2^15.
        let inverted = _mm_xor_si128(_mm_max_epi16(low, high), _mm_set1_epi16(-1));
        !(_mm_cvtsi128_si32(_mm_minpos_epu16(inverted)) as u16)
    }

    fn span() -> Span {
        (_mm512_set1_ps(f32::INFINITY), _mm512_set1_ps(f32::NEG_INFINITY), 0xffff)
    }

    /// Of a number and a NaN, `min` and `max` return the second operand. One comparison for both
    /// vectors notices the NaN.
    fn extend((min, max, ordered): Span, [a, b]: [F32; 2]) -> Span {
        (
            _mm512_min_ps(b, _mm512_min_ps(a, min)),
            _mm512_max_ps(b, _mm512_max_ps(a, max)),
            _mm512_mask_cmp_ps_mask::<_CMP_ORD_Q>(ordered, a, b),
        )
    }

    fn limits([a, b, c, d]: [Span; 4]) -> [f32; 2] {
        if a.2 & b.2 & c.2 & d.2 != 0xffff {
            return [f32::NAN; 2];
        }
        let min = _mm512_min_ps(_mm512_min_ps(a.0, b.0), _mm512_min_ps(c.0, d.0));
        let max = _mm512_max_ps(_mm512_max_ps(a.1, b.1), _mm512_max_ps(c.1, d.1));
        [_mm512_reduce_min_ps(min), _mm512_reduce_max_ps(max)]
    }
}
