//! The scalar reference: the numerical contract, one element at a time.
//!
//! It is written to be read, not to be fast, and shares no code with the kernels. Whatever a
//! kernel returns must be what these functions return, to the bit.

use crate::{Element, QuantParams, Range, ScaleType};

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

/// The scale for values whose largest magnitude is `abs_max`, as it will be stored.
///
/// ```
/// use absmax::{Range, ScaleType, reference};
///
/// assert_eq!(reference::scale(254.0, Range::Narrow, ScaleType::F32), 2.0);
/// assert_eq!(reference::scale(0.0, Range::Narrow, ScaleType::F32), 1.0);
/// ```
pub fn scale(abs_max: f32, range: Range, scale_type: ScaleType) -> f32 {
    if abs_max == 0.0 {
        return 1.0;
    }
    let mut scale = match range {
        Range::Narrow => abs_max / 127.0,
        Range::Full => abs_max / 127.5,
    };
    if scale < f32::MIN_POSITIVE {
        scale = f32::MIN_POSITIVE;
    }
    scale_type.round(scale)
}

/// clamp(round_half_even(x / s), qmin, qmax), NaN to 0.
///
/// ```
/// let params = absmax::QuantParams::symmetric(1.0)?;
/// assert_eq!(absmax::reference::quantize_one(2.5, params), 2);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn quantize_one<T: Element>(x: T, params: QuantParams) -> i8 {
    let quotient = x.to_f32() / params.scale();
    if quotient.is_nan() {
        return 0;
    }
    let rounded = round_half_even(quotient);
    match params.range() {
        Range::Narrow => rounded.clamp(-127.0, 127.0) as i8,
        Range::Full => rounded.clamp(-128.0, 127.0) as i8,
    }
}

/// q * s.
///
/// ```
/// let params = absmax::QuantParams::symmetric(0.5)?;
/// assert_eq!(absmax::reference::dequantize_one(-3, params), -1.5);
/// # Ok::<(), absmax::Error>(())
/// ```
pub fn dequantize_one(q: i8, params: QuantParams) -> f32 {
    f32::from(q) * params.scale()
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
