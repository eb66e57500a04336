//! The vocabulary in NEON. A vector is four 128-bit quarters.

use bytemuck::must_cast as cast;
use core::arch::aarch64::*;
use half::{bf16, f16};

use super::{BLOCK, LANES, Words};

type F32 = [float32x4_t; 4];
type I32 = [int32x4_t; 4];
type I16 = [int16x8_t; 4];
type I8 = [int8x16_t; 4];
/// Sums of 16 bits, and sums of 32 bits.
type Total = ([int16x8_t; 2], int32x4_t);
type Divisor = [F32; 2];
type Peak = I32;
type Peak16 = [int16x8_t; 4];
/// The least and the largest.
type Span = [F32; 2];

token! {
    /// The CPU has NEON.
    Neon,
    detect = is_aarch64_feature_detected,
    features = ["neon"],
    // Converted to integers, NaN becomes 0 and everything else saturates.
    wild_is_min = false,
    quick_misses_nan = false,
    streams = false
}

/// The same of each of the four registers of a vector. `core::array::from_fn` and `map` stay calls
/// unless everything is optimised as one.
#[inline(always)]
fn four<T>(f: impl Fn(usize) -> T) -> [T; 4] {
    [f(0), f(1), f(2), f(3)]
}

with_features! {
    fn load_f32(src: &[f32; LANES]) -> F32 {
        cast(*src)
    }

    /// Widens f16 by arithmetic, because the conversion is not a stable intrinsic. With the
    /// magnitude's bits moved to where binary32 has its exponent, the number is too small by
    /// 2^112 = 2^(127 - 15). This is so for subnormals too, and one exact product corrects it.
    /// Exponent 31 stands for infinity and NaN, and becomes exponent 255.
    fn load_f16(src: &[f16; LANES]) -> F32 {
        const TWO_POW_112: f32 = f32::from_bits((127 + 112) << 23);
        let quarters: [uint16x4_t; 4] = cast(*src);
        four(|i| {
            let half = vmovl_u16(quarters[i]);
            let magnitude = vandq_u32(half, vdupq_n_u32(0x7fff));
            let sign = vshlq_n_u32::<16>(vandq_u32(half, vdupq_n_u32(0x8000)));
            let small = vreinterpretq_f32_u32(vshlq_n_u32::<13>(magnitude));
            let scaled = vmulq_f32(small, vdupq_n_f32(TWO_POW_112));
            let special = vandq_u32(
                vcgtq_u32(magnitude, vdupq_n_u32(0x7bff)),
                vdupq_n_u32(f32::INFINITY.to_bits()),
            );
            let bits = vorrq_u32(vorrq_u32(vreinterpretq_u32_f32(scaled), special), sign);
            vreinterpretq_f32_u32(bits)
        })
    }

    fn load_bf16(src: &[bf16; LANES]) -> F32 {
        let quarters: [uint16x4_t; 4] = cast(*src);
        four(|i| vreinterpretq_f32_u32(vshll_n_u16::<16>(quarters[i])))
    }

    fn load_i8(src: &[i8; LANES]) -> F32 {
        let bytes: int8x16_t = cast(*src);
        let words = [vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes)];
        [
            vcvtq_f32_s32(vmovl_s16(vget_low_s16(words[0]))),
            vcvtq_f32_s32(vmovl_high_s16(words[0])),
            vcvtq_f32_s32(vmovl_s16(vget_low_s16(words[1]))),
            vcvtq_f32_s32(vmovl_high_s16(words[1])),
        ]
    }

    fn load_u8(src: &[u8; LANES]) -> F32 {
        let bytes: uint8x16_t = cast(*src);
        let words = [vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes)];
        [
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(words[0]))),
            vcvtq_f32_u32(vmovl_high_u16(words[0])),
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(words[1]))),
            vcvtq_f32_u32(vmovl_high_u16(words[1])),
        ]
    }

    fn load_i32(src: &[i32; LANES]) -> I32 {
        cast(*src)
    }

    fn store_f32(dst: &mut [f32; LANES], v: F32) {
        *dst = cast(v);
    }

    /// Narrows one value at a time, because the conversion is not a stable intrinsic.
    fn store_f16(dst: &mut [f16; LANES], v: F32) {
        for (to, x) in dst.iter_mut().zip(cast::<F32, [f32; LANES]>(v)) {
            *to = f16::from_f32(x);
        }
    }

    /// Adding 0x7fff, or 0x8000 where the last bit that stays is odd, makes the carry round to
    /// nearest even.
    fn store_bf16(dst: &mut [bf16; LANES], v: F32) {
        let quarters: [uint16x4_t; 4] = four(|i| {
            let bits = vreinterpretq_u32_f32(v[i]);
            let odd = vandq_u32(vshrq_n_u32::<16>(bits), vdupq_n_u32(1));
            vshrn_n_u32::<16>(vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff))))
        });
        *dst = cast(quarters);
    }

    fn store_i32(dst: &mut [i32; LANES], v: I32) {
        *dst = cast(v);
    }

    fn store_i8(dst: &mut [i8; BLOCK], v: I8) {
        *dst = cast(v);
    }

    // There is no stable intrinsic for a non-temporal store or a prefetch on aarch64. Its hardware
    // prefetchers and write-streaming detection do not need one.

    fn stream_f32(dst: &mut [f32; LANES], v: F32) {
        store_f32(dst, v);
    }

    fn stream_i8(dst: &mut [i8; BLOCK], v: I8) {
        store_i8(dst, v);
    }

    fn stream_fence() {}

    fn prefetch(_address: *const u8) {}

    fn splat(x: f32) -> F32 {
        [vdupq_n_f32(x); 4]
    }

    fn add(a: F32, b: F32) -> F32 {
        four(|i| vaddq_f32(a[i], b[i]))
    }

    fn mul(a: F32, b: F32) -> F32 {
        four(|i| vmulq_f32(a[i], b[i]))
    }

    fn div(a: F32, b: F32) -> F32 {
        four(|i| vdivq_f32(a[i], b[i]))
    }

    fn reciprocal(scale: F32) -> [F32; 2] {
        let one = splat(1.0);
        let hi = div(one, scale);
        [hi, div(four(|i| vfmsq_f32(one[i], scale[i], hi[i])), scale)]
    }

    fn divisor(_scale: F32, hi: F32, lo: F32) -> Divisor {
        [hi, lo]
    }

    fn div_by(a: F32, [hi, lo]: Divisor) -> F32 {
        four(|i| vfmaq_f32(vmulq_f32(a[i], lo[i]), a[i], hi[i]))
    }

    /// `fmax` and `fmin` return a NaN if there is one, and the conversion to an integer makes it 0.
    fn clip(v: F32, lo: F32, hi: F32) -> F32 {
        four(|i| vminq_f32(vmaxq_f32(v[i], lo[i]), hi[i]))
    }

    fn round_away(v: F32) -> I32 {
        four(|i| vcvtaq_s32_f32(v[i]))
    }

    fn round(v: F32) -> I32 {
        four(|i| vcvtnq_s32_f32(v[i]))
    }

    fn splat_i32(x: i32) -> I32 {
        [vdupq_n_s32(x); 4]
    }

    fn splat_i8(x: i8) -> I8 {
        [vdupq_n_s8(x); 4]
    }

    fn to_f32(v: I32) -> F32 {
        four(|i| vcvtq_f32_s32(v[i]))
    }

    fn add_i32(a: I32, b: I32) -> I32 {
        four(|i| vaddq_s32(a[i], b[i]))
    }

    fn ordered(v: F32) -> I32 {
        four(|i| {
            let bits = vreinterpretq_s32_f32(v[i]);
            veorq_s32(bits, vandq_s32(vshrq_n_s32::<31>(bits), vdupq_n_s32(i32::MAX)))
        })
    }

    fn magnitude(v: F32) -> I32 {
        four(|i| vreinterpretq_s32_f32(vabsq_f32(v[i])))
    }

    fn not_i32(v: I32) -> I32 {
        four(|i| vmvnq_s32(v[i]))
    }

    fn max_i32(a: I32, b: I32) -> I32 {
        four(|i| vmaxq_s32(a[i], b[i]))
    }

    fn min_i32(a: I32, b: I32) -> I32 {
        four(|i| vminq_s32(a[i], b[i]))
    }

    fn max_each(v: &[I32; LANES]) -> I32 {
        four(|i| {
            let pair = |a: I32, b: I32| {
                let a = vmaxq_s32(vmaxq_s32(a[0], a[1]), vmaxq_s32(a[2], a[3]));
                let b = vmaxq_s32(vmaxq_s32(b[0], b[1]), vmaxq_s32(b[2], b[3]));
                vpmaxq_s32(a, b)
            };
            vpmaxq_s32(pair(v[4 * i], v[4 * i + 1]), pair(v[4 * i + 2], v[4 * i + 3]))
        })
    }

    fn all_within(v: I32, least: i32, most: i32) -> bool {
        let lowest = vminq_s32(vminq_s32(v[0], v[1]), vminq_s32(v[2], v[3]));
        let highest = vmaxq_s32(vmaxq_s32(v[0], v[1]), vmaxq_s32(v[2], v[3]));
        vminvq_s32(lowest) >= least && vmaxvq_s32(highest) <= most
    }

    fn zip_words(a: Words, b: Words) -> [Words; 2] {
        let (a, b): (int32x4_t, int32x4_t) = (cast(a), cast(b));
        [cast(vzip1q_s32(a, b)), cast(vzip2q_s32(a, b))]
    }

    fn zip_pairs(a: Words, b: Words) -> [Words; 2] {
        let (a, b): (int64x2_t, int64x2_t) = (cast(a), cast(b));
        [cast(vzip1q_s64(a, b)), cast(vzip2q_s64(a, b))]
    }

    fn narrow16(a: I32, b: I32) -> I16 {
        let pair = |low, high| vqmovn_high_s32(vqmovn_s32(low), high);
        [pair(a[0], a[1]), pair(a[2], a[3]), pair(b[0], b[1]), pair(b[2], b[3])]
    }

    fn narrow8(a: I16, b: I16) -> I8 {
        let pair = |low, high| vqmovn_high_s16(vqmovn_s16(low), high);
        [pair(a[0], a[1]), pair(a[2], a[3]), pair(b[0], b[1]), pair(b[2], b[3])]
    }

    fn narrow8_unsigned(a: I16, b: I16) -> I8 {
        let pair = |low, high| vreinterpretq_s8_u8(vqmovun_high_s16(vqmovun_s16(low), high));
        [pair(a[0], a[1]), pair(a[2], a[3]), pair(b[0], b[1]), pair(b[2], b[3])]
    }

    fn splat_i16(x: i16) -> I16 {
        [vdupq_n_s16(x); 4]
    }

    fn add_i16(a: I16, b: I16) -> I16 {
        four(|i| vqaddq_s16(a[i], b[i]))
    }

    fn min_i16(a: I16, b: I16) -> I16 {
        four(|i| vminq_s16(a[i], b[i]))
    }

    fn has_min_i16(v: I16) -> bool {
        let least = vminq_s16(vminq_s16(v[0], v[1]), vminq_s16(v[2], v[3]));
        vminvq_s16(least) == i16::MIN
    }

    fn max_i8(a: I8, b: I8) -> I8 {
        four(|i| vmaxq_s8(a[i], b[i]))
    }

    fn xor_i8(a: I8, b: I8) -> I8 {
        four(|i| veorq_s8(a[i], b[i]))
    }

    fn min_i8(a: I8, b: I8) -> I8 {
        four(|i| vminq_s8(a[i], b[i]))
    }

    fn has_min_i8(v: I8) -> bool {
        let least = vminq_s8(vminq_s8(v[0], v[1]), vminq_s8(v[2], v[3]));
        vminvq_s8(least) == i8::MIN
    }

    fn total() -> Total {
        ([vdupq_n_s16(0); 2], vdupq_n_s32(0))
    }

    /// The sums of pairs of bytes are at most 510, so those of half a block are at most 1020.
    fn add_i8(([a, b], words): Total, src: &[i8; BLOCK]) -> Total {
        let v: I8 = cast(*src);
        ([vpadalq_s8(vpadalq_s8(a, v[0]), v[1]), vpadalq_s8(vpadalq_s8(b, v[2]), v[3])], words)
    }

    fn add_u8(([a, b], words): Total, src: &[u8; BLOCK]) -> Total {
        let v: [uint8x16_t; 4] = cast(*src);
        let add = |sums: int16x8_t, v: uint8x16_t, w: uint8x16_t| {
            vreinterpretq_s16_u16(vpadalq_u8(vpadalq_u8(vreinterpretq_u16_s16(sums), v), w))
        };
        ([add(a, v[0], v[1]), add(b, v[2], v[3])], words)
    }

    fn settle(([a, b], words): Total) -> Total {
        ([vdupq_n_s16(0); 2], vpadalq_s16(vpadalq_s16(words, a), b))
    }

    fn total_of((_, words): Total) -> i32 {
        vaddvq_s32(words)
    }

    fn peak() -> Peak {
        [vdupq_n_s32(0); 4]
    }

    /// Compares the bits as integers, because `fmaxnm` loses its running maximum on a signalling
    /// NaN.
    fn raise(peak: Peak, v: [F32; 2]) -> Peak {
        max_i32(peak, max_i32(magnitude(v[0]), magnitude(v[1])))
    }

    fn raise_quick(peak: Peak, v: [F32; 2]) -> Peak {
        raise(peak, v)
    }

    fn peak_bits([a, b, c, d]: [Peak; 4]) -> u32 {
        let top = max_i32(max_i32(a, b), max_i32(c, d));
        let top = vmaxq_s32(vmaxq_s32(top[0], top[1]), vmaxq_s32(top[2], top[3]));
        vmaxvq_s32(top).cast_unsigned()
    }

    fn peak16() -> Peak16 {
        [vdupq_n_s16(0); 4]
    }

    fn raise16(peak: Peak16, v: &[u16; 2 * LANES]) -> Peak16 {
        let v: [int16x8_t; 4] = cast(*v);
        four(|i| vmaxq_s16(peak[i], vandq_s16(v[i], vdupq_n_s16(i16::MAX))))
    }

    fn peak16_bits([a, b, c, d]: [Peak16; 4]) -> u16 {
        let top: Peak16 = four(|i| vmaxq_s16(vmaxq_s16(a[i], b[i]), vmaxq_s16(c[i], d[i])));
        let top = vmaxq_s16(vmaxq_s16(top[0], top[1]), vmaxq_s16(top[2], top[3]));
        vmaxvq_s16(top).cast_unsigned()
    }

    fn span() -> Span {
        [splat(f32::INFINITY), splat(f32::NEG_INFINITY)]
    }

    /// `fmin` and `fmax` return a NaN if there is one, so the span keeps it.
    fn extend([min, max]: Span, [a, b]: [F32; 2]) -> Span {
        [
            four(|i| vminq_f32(min[i], vminq_f32(a[i], b[i]))),
            four(|i| vmaxq_f32(max[i], vmaxq_f32(a[i], b[i]))),
        ]
    }

    fn limits([a, b, c, d]: [Span; 4]) -> [f32; 2] {
        let min: F32 =
            four(|i| vminq_f32(vminq_f32(a[0][i], b[0][i]), vminq_f32(c[0][i], d[0][i])));
        let max: F32 =
            four(|i| vmaxq_f32(vmaxq_f32(a[1][i], b[1][i]), vmaxq_f32(c[1][i], d[1][i])));
        let least = vminq_f32(vminq_f32(min[0], min[1]), vminq_f32(min[2], min[3]));
        let largest = vmaxq_f32(vmaxq_f32(max[0], max[1]), vmaxq_f32(max[2], max[3]));
        [vminvq_f32(least), vmaxvq_f32(largest)]
    }
}
