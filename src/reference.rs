//! The scalar reference: the numerical contract, one element at a time.
//!
//! It is written to be read, not to be fast, and shares no code with the kernels. Whatever a
//! kernel returns must be what these functions return, to the bit.

use crate::{Element, Integer, Mapping, QuantParams, Range, Scheme};

/// The largest |x|: the unsigned maximum of the bit patterns without their sign (31 bits of an f32,
/// 15 of an f16 or bf16). NaN is above infinity and infinity above every number. 0 for an empty
/// slice.
///
/// ```
/// assert_eq!(absmax::reference::abs_max(&[1.0, -3.0]), 3.0);
/// assert!(absmax::reference::abs_max(&[1.0, f32::NAN]).is_nan());
/// ```
pub fn abs_max<T: Element>(x: &[T]) -> f32 {
    let mut largest = 0;
    for value in x {
        largest = largest.max(value.magnitude_bits());
    }
    T::from_magnitude_bits(largest)
}

/// The least and the largest value; both NaN if one is, and `None` of no value. A zero is +0.
///
/// ```
/// use absmax::reference::min_max;
///
/// assert_eq!(min_max(&[1.0, -3.0, 2.0]), Some((-3.0, 2.0)));
/// assert_eq!(min_max::<f32>(&[]), None);
/// ```
pub fn min_max<T: Element>(x: &[T]) -> Option<(f32, f32)> {
    let mut limits = None;
    for value in x {
        let value = value.to_f32();
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

/// The scale, as it will be stored, and the zero point for finite values between `min` and `max`;
/// the scale is infinite if it overflows its type.
///
/// ```
/// use absmax::{Scheme, reference};
///
/// assert_eq!(reference::choose(-254.0, 0.0, Scheme::int8()), (2.0, 0));
/// assert_eq!(reference::choose(0.0, 0.0, Scheme::int8()), (1.0, 0));
/// assert_eq!(reference::choose(-1.0, 254.0, Scheme::uint8()), (1.0, 1));
/// ```
pub fn choose(min: f32, max: f32, scheme: Scheme) -> (f32, i32) {
    let two_to_b = f32::from(1u16 << scheme.num_bits());
    let (range, steps) = match scheme.mapping() {
        Mapping::Symmetric(range) => {
            let abs_max = if -min > max { -min } else { max };
            let steps = match range {
                Range::Narrow => two_to_b / 2.0 - 1.0,
                Range::Full => (two_to_b - 1.0) / 2.0,
            };
            (-abs_max..abs_max, steps)
        }
        Mapping::AffineSigned | Mapping::AffineUnsigned => {
            let low = if min < 0.0 { min } else { 0.0 };
            let high = if max > 0.0 { max } else { 0.0 };
            (low..high, two_to_b - 1.0)
        }
    };
    let (low, high) = (range.start, range.end);
    let mut scale = if scheme.is_symmetric() {
        high / steps
    } else if (high - low).is_infinite() {
        high / steps - low / steps
    } else {
        (high - low) / steps
    };
    if low == 0.0 && high == 0.0 {
        scale = 1.0;
    } else {
        if scale < f32::MIN_POSITIVE {
            scale = f32::MIN_POSITIVE;
        }
        scale = scheme.stored_scale_type().round(scale);
    }
    if scheme.is_symmetric() {
        return (scale, 0);
    }
    let (qmin, qmax) = (scheme.qmin() as f32, scheme.qmax() as f32);
    (scale, round_half_even(qmin - low / scale).clamp(qmin, qmax) as i32)
}

/// clamp(round_half_even(x / s) + z, qmin, qmax), NaN to z.
///
/// ```
/// let params = absmax::QuantParams::new(1.0, 3, 0..=255)?;
/// assert_eq!(absmax::reference::quantize_one(2.5, params), 5);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_one<T: Element>(x: T, params: QuantParams) -> i32 {
    let quotient = x.to_f32() / params.scale();
    if quotient.is_nan() {
        return params.zero_point();
    }
    // Converting to an integer saturates.
    let rounded = round_half_even(quotient) as i32;
    rounded.saturating_add(params.zero_point()).clamp(params.qmin(), params.qmax())
}

/// (q - z) * s.
///
/// ```
/// let params = absmax::QuantParams::new(0.5, 3, 0..=255)?;
/// assert_eq!(absmax::reference::dequantize_one(0u8, params), -1.5);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn dequantize_one<Q: Integer>(q: Q, params: QuantParams) -> f32 {
    (q.to_i32() - params.zero_point()) as f32 * params.scale()
}

/// The nearest integer, and the even one of two that are equally near; `f32::round_ties_even`
/// without `std`.
fn round_half_even(x: f32) -> f32 {
    // From 2^23 on every binary32 number is an integer; infinities stay themselves.
    if x.abs() >= 8_388_608.0 {
        return x;
    }
    let truncated = x as i32;
    let fraction = (x - truncated as f32).abs();
    let odd = truncated % 2 != 0;
    let away = fraction > 0.5 || (fraction == 0.5 && odd);
    let step = if x < 0.0 { -1 } else { 1 };
    (if away { truncated + step } else { truncated }) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_std() {
        for bits in (0..=u32::MAX).step_by(4093) {
            let x = f32::from_bits(bits);
            let (ours, std) = (round_half_even(x), x.round_ties_even());
            assert!(ours == std || x.is_nan(), "{x:e}: {ours} and {std}");
        }
        for k in -300..300 {
            let tie = k as f32 + 0.5;
            for x in [tie.next_down(), tie, tie.next_up()] {
                assert_eq!(round_half_even(x), x.round_ties_even(), "{x:e}");
            }
        }
    }
}
