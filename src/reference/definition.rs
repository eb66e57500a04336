//! The definitions of the reference, each written out.

use core::ops::RangeInclusive;

use bytemuck::{bytes_of, pod_read_unaligned};

use crate::{Element, Integer, Mapping, QuantParams, Range, ScaleType, Scheme};

/// The largest |x|: the unsigned maximum of the bit patterns without their sign (31 bits of an f32,
/// 15 of an f16 or bf16). NaN is above infinity and infinity above every number. The result is 0
/// for an empty slice.
pub(super) fn abs_max<T: Element>(x: &[T]) -> f32 {
    let sign = 1 << (8 * size_of::<T>() - 1);
    let mut largest = 0;
    for &value in x {
        let magnitude = bits(value) & !sign;
        if magnitude > largest {
            largest = magnitude;
        }
    }
    widen(of_bits::<T>(largest))
}

/// The least and the largest value. Both are NaN if a value is NaN, and the result is `None` if
/// there are no values. A zero is +0.
pub(super) fn min_max<T: Element>(x: &[T]) -> Option<(f32, f32)> {
    let mut limits = None;
    for &value in x {
        let value = widen(value);
        if value.is_nan() {
            return Some((f32::NAN, f32::NAN));
        }
        let (min, max) = limits.unwrap_or((value, value));
        limits =
            Some((if value < min { value } else { min }, if value > max { value } else { max }));
    }
    // The sum of either zero and +0 is +0.
    limits.map(|(min, max)| (min + 0.0, max + 0.0))
}

/// The integers that a scheme uses, from the least to the largest.
pub(super) fn integers(scheme: Scheme) -> RangeInclusive<i32> {
    let two_to_b = 1 << scheme.num_bits();
    match scheme.mapping() {
        Mapping::Symmetric(Range::Narrow) => 1 - two_to_b / 2..=two_to_b / 2 - 1,
        Mapping::Symmetric(Range::Full) => -two_to_b / 2..=two_to_b / 2 - 1,
        Mapping::AffineSigned => -two_to_b / 2..=two_to_b / 2 - 1,
        Mapping::AffineUnsigned | Mapping::SymmetricOffset(Range::Full) => 0..=two_to_b - 1,
        Mapping::SymmetricOffset(Range::Narrow) => 1..=two_to_b - 1,
    }
}

/// The scale, as it will be stored, and the zero point for finite values between `min` and `max`.
/// The scale is infinite if it overflows its type.
pub(super) fn choose(min: f32, max: f32, scheme: Scheme) -> (f32, i32) {
    let two_to_b = f32::from(1u16 << scheme.num_bits());
    let low = if min < 0.0 { min } else { 0.0 };
    let high = if max > 0.0 { max } else { 0.0 };
    let scale = match scheme.mapping() {
        Mapping::Symmetric(range) | Mapping::SymmetricOffset(range) => {
            let abs_max = if -low > high { -low } else { high };
            let steps = match range {
                Range::Narrow => two_to_b / 2.0 - 1.0,
                Range::Full => (two_to_b - 1.0) / 2.0,
            };
            abs_max / steps
        }
        Mapping::AffineSigned | Mapping::AffineUnsigned => {
            let steps = two_to_b - 1.0;
            if (high - low).is_infinite() {
                high / steps - low / steps
            } else {
                (high - low) / steps
            }
        }
    };
    let scale = if low == 0.0 && high == 0.0 {
        1.0
    } else {
        // This is the least normal number.
        let least = f32::from_bits(1 << 23);
        store(if scale < least { least } else { scale }, scheme.scale_type())
    };
    let zero_point = match scheme.mapping() {
        Mapping::Symmetric(_) => 0,
        Mapping::SymmetricOffset(_) => 1 << (scheme.num_bits() - 1),
        Mapping::AffineSigned | Mapping::AffineUnsigned => {
            let (qmin, qmax) = integers(scheme).into_inner();
            let zero_point = round_half_even(qmin as f32 - low / scale);
            if zero_point < qmin as f32 {
                qmin
            } else if zero_point > qmax as f32 {
                qmax
            } else {
                zero_point as i32
            }
        }
    };
    (scale, zero_point)
}

/// A positive scale, rounded to the type that it will be stored in. It is rounded to the nearest
/// number, and to the even one of two that are equally near. Below the least normal f16, it is
/// rounded up to the next subnormal instead. The result is infinity if the scale overflows.
pub(super) fn store(scale: f32, scale_type: ScaleType) -> f32 {
    // 2^-14 is the least normal f16, 2^-24 the least of all.
    const LEAST_NORMAL: f32 = 1.0 / 16_384.0;
    const LEAST: f32 = 1.0 / 16_777_216.0;
    match scale_type {
        ScaleType::F32 => scale,
        ScaleType::Bf16 => BF16.value(BF16.nearest(scale)),
        ScaleType::F16 if scale < LEAST_NORMAL => {
            let floor = (scale / LEAST) as i32 as f32;
            (if floor * LEAST < scale { floor + 1.0 } else { floor }) * LEAST
        }
        ScaleType::F16 => F16.value(F16.nearest(scale)),
    }
}

/// Quantizes one value: clamp(round_half_even(x / s) + z, qmin, qmax). NaN becomes z.
pub(super) fn quantize_one<T: Element>(x: T, params: QuantParams) -> i32 {
    let quotient = widen(x) / params.scale();
    if quotient.is_nan() {
        return params.zero_point();
    }
    // Converting to an integer saturates.
    let rounded = round_half_even(quotient) as i32;
    rounded.saturating_add(params.zero_point()).clamp(params.qmin(), params.qmax())
}

/// Dequantizes one integer: (q - z) * s.
pub(super) fn dequantize_one<Q: Integer>(q: Q, params: QuantParams) -> f32 {
    let byte = bytes_of(&q)[0];
    let q = if Q::NAME == "i8" { i32::from(byte.cast_signed()) } else { i32::from(byte) };
    (q - params.zero_point()) as f32 * params.scale()
}

/// The sum of integers times their positive scale, rounded once: to nearest, and to even of two that
/// are equally near.
pub(super) fn scaled_sum(sum: i32, scale: f32) -> f32 {
    // The scale is an integer times a power of two, and so is the product.
    let (exponent, fraction) = (scale.to_bits() >> 23, scale.to_bits() & 0x007f_ffff);
    let (exponent, digits) =
        if exponent == 0 { (1, fraction) } else { (exponent, fraction | 0x0080_0000) };
    let product = u64::from(digits) * u64::from(sum.unsigned_abs());
    // So many bits are too many for a binary32 number. A subnormal number has fewer bits, but then
    // there is nothing to round, because the scale is a multiple of the same unit.
    let extra = if product < 1 << 24 { 0 } else { 40 - product.leading_zeros() };
    let (kept, lost, half) = (product >> extra, product % (1 << extra), (1u64 << extra) / 2);
    let up = lost > half || (lost == half && extra > 0 && kept % 2 == 1);
    let rounded = if up { kept + 1 } else { kept } as f64;
    let unit = two_to_the(exponent as i32 - 150 + extra as i32);
    let magnitude = (rounded * unit) as f32;
    if sum < 0 { -magnitude } else { magnitude }
}

/// The value as binary32, which is exact. A NaN keeps its sign and its payload, in the highest
/// bits. The NaN of a narrow type becomes quiet.
pub(super) fn widen<T: Element>(x: T) -> f32 {
    match T::NAME {
        "f16" => F16.value(bits(x)),
        "bf16" => BF16.value(bits(x)),
        _ => f32::from_bits(bits(x)),
    }
}

/// The value of type `T` that is nearest to a binary32, and the even one of two that are equally
/// near. It is infinity if it overflows. A NaN keeps its sign and the highest bits of its payload,
/// and it becomes quiet if `T` is narrow.
pub(super) fn narrow<T: Element>(x: f32) -> T {
    of_bits(match T::NAME {
        "f16" => F16.nearest(x),
        "bf16" => BF16.nearest(x),
        _ => x.to_bits(),
    })
}

/// A format of 16 bits: a sign, an exponent, and `fraction` bits of the fraction.
struct Format {
    fraction: i32,
}

const F16: Format = Format { fraction: 10 };
const BF16: Format = Format { fraction: 7 };

impl Format {
    /// The bits of infinity.
    const fn infinity(&self) -> u32 {
        0x7fff >> self.fraction << self.fraction
    }

    /// The exponent that the exponent bits 0 and 1 stand for: 2 minus half the number of exponents.
    const fn least_exponent(&self) -> i32 {
        2 - (1 << (14 - self.fraction))
    }

    /// The number that some bits stand for.
    fn value(&self, bits: u32) -> f32 {
        let sign = (bits & 0x8000) << 16;
        let magnitude = bits & 0x7fff;
        if magnitude >= self.infinity() {
            let fraction = magnitude - self.infinity();
            let quiet = if fraction == 0 { 0 } else { 0x0040_0000 };
            return f32::from_bits(sign | 0x7f80_0000 | fraction << (23 - self.fraction) | quiet);
        }
        let (exponent, fraction) =
            (magnitude >> self.fraction, magnitude & ((1 << self.fraction) - 1));
        // A subnormal number has the exponent of the least normal one, and no 1 before the
        // fraction.
        let (exponent, digits) =
            if exponent == 0 { (1, fraction) } else { (exponent, fraction | 1 << self.fraction) };
        let unit = two_to_the(exponent as i32 - 1 + self.least_exponent() - self.fraction);
        // The conversion is exact, because binary32 holds every number of either format.
        let number = (f64::from(digits) * unit) as f32;
        f32::from_bits(sign | number.to_bits())
    }

    /// The bits of the nearest number.
    fn nearest(&self, x: f32) -> u32 {
        let sign = x.to_bits() >> 16 & 0x8000;
        let magnitude = x.to_bits() & 0x7fff_ffff;
        if x.is_nan() {
            let quiet = 1 << (self.fraction - 1);
            let payload = (magnitude & 0x007f_ffff) >> (23 - self.fraction);
            return sign | self.infinity() | payload | quiet;
        }
        let exponent = (magnitude >> 23) as i32 - 127;
        if exponent > 1 - self.least_exponent() {
            return sign | self.infinity();
        }
        // Numbers of one exponent are multiples of one unit. Numbers below the least exponent are
        // multiples of its unit.
        let exponent =
            if exponent < self.least_exponent() { self.least_exponent() } else { exponent };
        let unit = two_to_the(exponent - self.fraction);
        let multiple = (f64::from(f32::from_bits(magnitude)) / unit) as f32;
        // `before` counts the numbers of the lower normal exponents, each of which has as many
        // numbers as there are fractions. A normal number's multiple counts that many once more, in
        // place of the subnormal numbers. Rounded up to the next exponent, it gives the first
        // number of that exponent.
        let before = ((exponent - self.least_exponent()) as u32) << self.fraction;
        sign | (before + round_half_even(multiple) as u32)
    }
}

/// 2^n, a normal binary64 number.
fn two_to_the(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// The bits of an element.
fn bits<T: Element>(x: T) -> u32 {
    match *bytes_of(&x) {
        [a, b] => u32::from(u16::from_ne_bytes([a, b])),
        [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]),
        _ => unreachable!("elements have 16 or 32 bits"),
    }
}

/// The element that has these bits.
fn of_bits<T: Element>(bits: u32) -> T {
    if size_of::<T>() == 2 {
        pod_read_unaligned(&(bits as u16).to_ne_bytes())
    } else {
        pod_read_unaligned(&bits.to_ne_bytes())
    }
}

/// The nearest integer, and the even one of two that are equally near. This is
/// `f32::round_ties_even` without `std`.
pub(super) fn round_half_even(x: f32) -> f32 {
    // From 2^23 on every binary32 number is an integer; infinities and NaN stay themselves.
    if x.is_nan() || x.abs() >= 8_388_608.0 {
        return x;
    }
    let truncated = x as i32;
    let fraction = (x - truncated as f32).abs();
    let odd = truncated % 2 != 0;
    let away = fraction > 0.5 || (fraction == 0.5 && odd);
    let step = if x < 0.0 { -1 } else { 1 };
    (if away { truncated + step } else { truncated }) as f32
}
