//! Quantizing by an arithmetic, each choice written out.

use bytemuck::pod_read_unaligned;

use super::definition::{integers, min_max, narrow, store, widen};
use crate::arithmetic::{
    Arithmetic, Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits, ZeroPoint,
    ZeroPointAdded, ZeroScale,
};
use crate::{Element, Error, Integer, Mapping, QuantParams, Range, Result, ScaleType, Scheme};

/// What a group is quantized with.
pub(super) struct Group {
    /// The scale that the integers are made with.
    pub(super) step: f32,
    /// What values are multiplied by, or `None` if they are divided by the step.
    multiplier: Option<f32>,
    /// The scale as it is stored.
    pub(super) scale: f32,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
}

pub(super) fn quantize_group<T: Element, Q: Integer>(
    x: &[T],
    scheme: Scheme,
    arithmetic: Arithmetic,
    q: &mut [Q],
) -> Result<(f32, i32)> {
    arithmetic.check(scheme)?;
    let (qmin, qmax) = integers(scheme).into_inner();
    if (Q::NAME == "u8") != matches!(scheme.mapping(), Mapping::AffineUnsigned) {
        return Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME });
    }
    same_length(x, q)?;
    let group = Group::of(x, scheme, arithmetic)?;
    group.quantize(x, arithmetic, q);
    Ok((group.scale, group.zero_point))
}

pub(super) fn quantize_group_with<T: Element, Q: Integer>(
    x: &[T],
    params: QuantParams,
    arithmetic: Arithmetic,
    q: &mut [Q],
) -> Result<()> {
    let (scale, zero_point) = (params.scale(), params.zero_point());
    let (qmin, qmax) = (params.qmin(), params.qmax());
    if qmin < Q::MIN || qmax > Q::MAX {
        return Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME });
    }
    same_length(x, q)?;
    let multiplier = match arithmetic.multiplier {
        Multiplier::Divide => None,
        Multiplier::StepsTimesReciprocal if arithmetic.scale == ScaleFormula::Range => {
            Some((qmax - qmin) as f32 / 2.0 * (1.0 / scale))
        }
        _ => Some(1.0 / scale),
    };
    if multiplier == Some(f32::INFINITY) {
        return Err(Error::ScaleUnderflow { set: 0, scale });
    }
    Group { step: scale, multiplier, scale, zero_point, qmin, qmax }.quantize(x, arithmetic, q);
    Ok(())
}

impl Group {
    /// What finite values are quantized with.
    pub(super) fn of<T: Element>(x: &[T], scheme: Scheme, arithmetic: Arithmetic) -> Result<Self> {
        for (index, &value) in x.iter().enumerate() {
            let value = widen(value);
            if !value.is_finite() {
                return Err(Error::NotFinite { index, value });
            }
        }
        let (min, max) = min_max(x).unwrap_or((0.0, 0.0));
        let mut low = if min < 0.0 { min } else { 0.0 };
        let mut high = if max > 0.0 { max } else { 0.0 };
        let (qmin, qmax) = integers(scheme).into_inner();
        let mut group = Self { step: 1.0, multiplier: None, scale: 1.0, zero_point: 0, qmin, qmax };

        if low == 0.0 && high == 0.0 {
            group.scale = scale_of_zeros::<T>(arithmetic);
            if !matches!(scheme.mapping(), Mapping::Symmetric(_)) {
                // 0 divided by any step, or multiplied by anything, is 0.
                group.zero_point = match arithmetic.zero_point {
                    ZeroPoint::DifferenceOrZero => 0,
                    _ => group.zero_point(0.0, 0.0, 1.0, 1.0, arithmetic, |number| number),
                };
            }
            return Ok(group);
        }

        let parameter = |number| match arithmetic.precision {
            Precision::F32 => number,
            Precision::ElementParameters | Precision::Element => widen(narrow::<T>(number)),
        };
        let (range, steps) = match scheme.mapping() {
            Mapping::Symmetric(range) => {
                high = if -low > high { -low } else { high };
                low = -high;
                let half = (qmax - qmin) as f32 / 2.0;
                (high, if range == Range::Narrow { qmax as f32 } else { half })
            }
            _ => (parameter(high - low), (qmax - qmin) as f32),
        };
        // The step in binary64: it holds every binary32 number.
        let step = match arithmetic.scale {
            ScaleFormula::Binary64 => {
                let from = match scheme.mapping() {
                    Mapping::Symmetric(_) => 0.0,
                    _ => low,
                };
                (f64::from(high) - f64::from(from)) / f64::from(steps)
            }
            _ if arithmetic.limits == ScaleLimits::Normal && range.is_infinite() => {
                f64::from(high / steps - low / steps)
            }
            _ => f64::from(parameter(range / steps)),
        };
        let step = match arithmetic.limits {
            ScaleLimits::None => step,
            // This is the least normal number.
            ScaleLimits::Normal => larger(step, f32::from_bits(1 << 23)),
            // This is 2^-23.
            ScaleLimits::AtLeastEpsilon => larger(step, 1.0 / 8_388_608.0),
            ScaleLimits::Widened => {
                const LEAST: f32 = 6.1e-5;
                let rounded = step as f32;
                if (1.0 / rounded).is_infinite() {
                    f64::from(scale_of_zeros::<T>(arithmetic))
                } else if step < f64::from(LEAST) {
                    let factor = LEAST / rounded;
                    (low, high) = if low == 0.0 {
                        (low, LEAST * steps)
                    } else if high == 0.0 {
                        (-(LEAST * steps), high)
                    } else {
                        (low * factor, high * factor)
                    };
                    f64::from(LEAST)
                } else {
                    step
                }
            }
        };
        group.step = step as f32;
        if arithmetic.narrowing == Narrowing::Before {
            group.step = store(group.step, scheme.scale_type());
        }
        group.multiplier = match arithmetic.multiplier {
            Multiplier::Divide => None,
            Multiplier::Reciprocal => Some(1.0 / group.step),
            Multiplier::StepsOverRange => Some(steps / range),
            Multiplier::StepsTimesReciprocal => Some(steps * (1.0 / range)),
        };
        if group.step == 0.0 || group.multiplier == Some(f32::INFINITY) {
            return Err(Error::ScaleUnderflow { set: 0, scale: group.step });
        }
        group.scale = match arithmetic.scale {
            ScaleFormula::Step | ScaleFormula::Binary64 => group.step,
            ScaleFormula::ReciprocalOfMultiplier => match group.multiplier {
                Some(multiplier) => 1.0 / multiplier,
                None => group.step,
            },
            ScaleFormula::Range => range,
        };
        if arithmetic.narrowing == Narrowing::After {
            group.scale = match scheme.scale_type() {
                ScaleType::F32 => group.scale,
                ScaleType::F16 => widen(narrow::<half::f16>(group.scale)),
                ScaleType::Bf16 => widen(narrow::<half::bf16>(group.scale)),
            };
        }
        if group.scale.is_infinite() {
            let scale_type = scheme.scale_type();
            return Err(Error::ScaleOverflow { set: 0, min: low, max: high, scale_type });
        }
        if !matches!(scheme.mapping(), Mapping::Symmetric(_)) {
            let multiplier = group.multiplier.unwrap_or(1.0 / group.step);
            group.zero_point = group.zero_point(low, high, step, multiplier, arithmetic, parameter);
        }
        Ok(group)
    }

    /// The zero point of an affine scheme.
    fn zero_point(
        &self,
        low: f32,
        high: f32,
        step: f64,
        multiplier: f32,
        arithmetic: Arithmetic,
        parameter: impl Fn(f32) -> f32,
    ) -> i32 {
        let (qmin, qmax) = (self.qmin as f32, self.qmax as f32);
        let zero_point = match arithmetic.zero_point {
            ZeroPoint::Difference | ZeroPoint::DifferenceOrZero => {
                let quotient = parameter(low / self.step);
                integer(parameter(qmin - quotient).into(), Rounding::HalfEven)
            }
            ZeroPoint::RoundedQuotient => {
                let quotient = parameter(low / self.step);
                self.qmin - integer(quotient.into(), Rounding::HalfEven)
            }
            ZeroPoint::EitherEnd => {
                let (below, above) = (low * multiplier, high * multiplier);
                let from_low = (qmin + below) + (qmax + above) > 0.0;
                let zero_point = if from_low { qmin - below } else { qmax - above };
                integer(zero_point.into(), Rounding::HalfEven)
            }
            ZeroPoint::EitherEndBinary64 => {
                let (qmin, qmax) = (f64::from(qmin), f64::from(qmax));
                let (below, above) = (f64::from(low) / step, f64::from(high) / step);
                let from_low = qmin.abs() - below.abs() < qmax.abs() - above.abs();
                let zero_point = if from_low { qmin - below } else { qmax - above };
                integer(zero_point, Rounding::HalfEven)
            }
        };
        zero_point.clamp(self.qmin, self.qmax)
    }

    /// The integers of values.
    pub(super) fn quantize<T: Element, Q: Integer>(
        &self,
        x: &[T],
        arithmetic: Arithmetic,
        q: &mut [Q],
    ) {
        let rounded = |number| match arithmetic.precision {
            Precision::F32 | Precision::ElementParameters => number,
            Precision::Element => widen(narrow::<T>(number)),
        };
        for (&x, q) in x.iter().zip(q) {
            let x = widen(x);
            let number = rounded(match self.multiplier {
                None => x / self.step,
                Some(multiplier) => x * multiplier,
            });
            let integer = if number.is_nan() {
                self.zero_point
            } else {
                match arithmetic.added {
                    ZeroPointAdded::AfterRounding => {
                        integer(number.into(), arithmetic.rounding) + self.zero_point
                    }
                    ZeroPointAdded::BeforeRounding => {
                        let sum = rounded(number + self.zero_point as f32);
                        integer(sum.into(), arithmetic.rounding)
                    }
                }
            };
            // The low byte of an integer within the type is that of the type.
            let byte = integer.clamp(self.qmin, self.qmax) as u8;
            *q = pod_read_unaligned(&[byte]);
        }
    }
}

/// The integer nearest to a number, within 2^30 in magnitude.
pub(super) fn integer(number: f64, rounding: Rounding) -> i32 {
    const LARGEST: f64 = (1 << 30) as f64;
    let number = number.clamp(-LARGEST, LARGEST);
    let truncated = number as i32;
    let fraction = (number - f64::from(truncated)).abs();
    let away = match rounding {
        Rounding::HalfEven => fraction > 0.5 || (fraction == 0.5 && truncated % 2 != 0),
        Rounding::HalfAway => fraction >= 0.5,
    };
    let step = if number < 0.0 { -1 } else { 1 };
    if away { truncated + step } else { truncated }
}

/// The scale of values that are all zero.
fn scale_of_zeros<T: Element>(arithmetic: Arithmetic) -> f32 {
    let scale = match arithmetic.zeros {
        ZeroScale::One => 1.0,
        ZeroScale::Zero => 0.0,
        ZeroScale::Tenth => 0.1,
        ZeroScale::Epsilon => match T::NAME {
            "f16" => 1.0 / 1024.0,
            "bf16" => 1.0 / 128.0,
            _ => 1.0 / 8_388_608.0,
        },
    };
    if arithmetic.limits == ScaleLimits::AtLeastEpsilon {
        larger(f64::from(scale), 1.0 / 8_388_608.0) as f32
    } else {
        scale
    }
}

/// The larger of a step and a least one.
fn larger(step: f64, least: f32) -> f64 {
    if step < f64::from(least) { f64::from(least) } else { step }
}

/// Checks that there is an integer for each value.
fn same_length<T, Q>(x: &[T], q: &[Q]) -> Result<()> {
    let (expected, found) = (x.len(), q.len());
    if expected == found {
        Ok(())
    } else {
        Err(Error::LengthMismatch { what: "integers", expected, found })
    }
}
