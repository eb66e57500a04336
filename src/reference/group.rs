//! What a group is quantized with, by an arithmetic: each choice written out.

use super::definition::{integers, min_max, narrow, store, widen};
use super::rounding::integer;
use crate::arithmetic::{
    Arithmetic, Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits, ZeroPoint,
    ZeroScale,
};
use crate::{Element, Error, Mapping, Result, ScaleType, Scheme};

/// What a group is quantized with.
pub(super) struct Group {
    /// The scale that the integers are made with.
    pub(super) step: f32,
    /// What values are multiplied by, or `None` if they are divided by the step.
    pub(super) multiplier: Option<f32>,
    /// The scale as it is stored.
    pub(super) scale: f32,
    pub(super) zero_point: i32,
    pub(super) qmin: i32,
    pub(super) qmax: i32,
}

/// The range of a group's values.
#[derive(Clone, Copy)]
struct Span {
    low: f32,
    high: f32,
    range: f32,
    steps: f32,
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
        let (qmin, qmax) = integers(scheme).into_inner();
        let span = Span::of(x, scheme, arithmetic);
        if span.low == 0.0 && span.high == 0.0 {
            let scale = scale_of_zeros::<T>(arithmetic);
            // With any step that is not 0, the zero point is this.
            let mut group = Self { step: 1.0, multiplier: None, scale, zero_point: 0, qmin, qmax };
            let symmetric = fixed_zero_point(scheme).is_some();
            if symmetric || arithmetic.zero_point != ZeroPoint::DifferenceOrZero {
                group.zero_point = group.zero_point::<T>(span, 1.0, scheme, arithmetic);
            }
            return Ok(group);
        }

        // Binary64 holds every binary32 number.
        let (step, widened) = span.step::<T>(scheme, arithmetic);
        let rounded = match arithmetic.narrowing {
            Narrowing::Before => store(step as f32, scheme.scale_type()),
            Narrowing::After => step as f32,
        };
        let multiplier = match arithmetic.multiplier {
            Multiplier::Divide => None,
            Multiplier::Reciprocal => Some(1.0 / rounded),
            Multiplier::StepsOverRange => Some(span.steps / span.range),
            Multiplier::StepsTimesReciprocal => Some(span.steps * (1.0 / span.range)),
        };
        if rounded == 0.0 || multiplier == Some(f32::INFINITY) {
            return Err(Error::ScaleUnderflow { set: 0, scale: rounded });
        }
        let scale = match (arithmetic.scale, multiplier) {
            (ScaleFormula::ReciprocalOfMultiplier, Some(multiplier)) => 1.0 / multiplier,
            (ScaleFormula::Range, _) => span.range,
            _ => rounded,
        };
        let scale = match (arithmetic.narrowing, scheme.scale_type()) {
            (Narrowing::After, ScaleType::F16) => widen(narrow::<half::f16>(scale)),
            (Narrowing::After, ScaleType::Bf16) => widen(narrow::<half::bf16>(scale)),
            _ => scale,
        };
        if scale.is_infinite() {
            let (min, max) = match fixed_zero_point(scheme) {
                Some(_) => (span.low, span.high),
                None => min_max(x).unwrap_or((0.0, 0.0)),
            };
            let scale_type = scheme.scale_type();
            return Err(Error::ScaleOverflow { set: 0, min, max, scale_type });
        }
        let mut group = Self { step: rounded, multiplier, scale, zero_point: 0, qmin, qmax };
        group.zero_point = group.zero_point::<T>(widened, step, scheme, arithmetic);
        Ok(group)
    }

    /// The zero point. `step` is not rounded yet.
    fn zero_point<T: Element>(
        &self,
        Span { low, high, .. }: Span,
        step: f64,
        scheme: Scheme,
        arithmetic: Arithmetic,
    ) -> i32 {
        if let Some(zero_point) = fixed_zero_point(scheme) {
            return zero_point;
        }
        let (qmin, qmax) = (self.qmin as f32, self.qmax as f32);
        let quotient = parameter::<T>(low / self.step, arithmetic);
        let number = match arithmetic.zero_point {
            ZeroPoint::Difference | ZeroPoint::DifferenceOrZero => {
                f64::from(parameter::<T>(qmin - quotient, arithmetic))
            }
            ZeroPoint::RoundedQuotient => {
                f64::from(self.qmin - integer(quotient.into(), Rounding::HalfEven))
            }
            ZeroPoint::EitherEnd => {
                let multiplier = self.multiplier.unwrap_or(1.0 / self.step);
                let (below, above) = (low * multiplier, high * multiplier);
                let from_low = (qmin + below) + (qmax + above) > 0.0;
                f64::from(if from_low { qmin - below } else { qmax - above })
            }
            ZeroPoint::EitherEndBinary64 => {
                let (qmin, qmax) = (f64::from(qmin), f64::from(qmax));
                let (below, above) = (f64::from(low) / step, f64::from(high) / step);
                let from_low = qmin.abs() - below.abs() < qmax.abs() - above.abs();
                if from_low { qmin - below } else { qmax - above }
            }
        };
        integer(number, Rounding::HalfEven).clamp(self.qmin, self.qmax)
    }
}

impl Span {
    /// That of finite values.
    fn of<T: Element>(x: &[T], scheme: Scheme, arithmetic: Arithmetic) -> Self {
        let (min, max) = min_max(x).unwrap_or((0.0, 0.0));
        let low = if min < 0.0 { min } else { 0.0 };
        let high = if max > 0.0 { max } else { 0.0 };
        let (qmin, qmax) = integers(scheme).into_inner();
        match scheme.mapping() {
            Mapping::Symmetric(_) | Mapping::SymmetricOffset(_) => {
                let range = if -low > high { -low } else { high };
                Self { low: -range, high: range, range, steps: (qmax - qmin) as f32 / 2.0 }
            }
            Mapping::AffineSigned | Mapping::AffineUnsigned => {
                let range = parameter::<T>(high - low, arithmetic);
                Self { low, high, range, steps: (qmax - qmin) as f32 }
            }
        }
    }

    /// The step, not rounded to its type yet, and the span that the zero point is for.
    fn step<T: Element>(self, scheme: Scheme, arithmetic: Arithmetic) -> (f64, Self) {
        const LEAST_NORMAL: f64 = f32::from_bits(1 << 23) as f64;
        let Self { low, high, range, steps } = self;
        let step = match arithmetic.scale {
            ScaleFormula::Binary64 if fixed_zero_point(scheme).is_none() => {
                (f64::from(high) - f64::from(low)) / f64::from(steps)
            }
            ScaleFormula::Binary64 => f64::from(range) / f64::from(steps),
            _ if arithmetic.limits == ScaleLimits::Normal && range.is_infinite() => {
                f64::from(high / steps - low / steps)
            }
            _ => f64::from(parameter::<T>(range / steps, arithmetic)),
        };
        match arithmetic.limits {
            ScaleLimits::Normal if step < LEAST_NORMAL => (LEAST_NORMAL, self),
            ScaleLimits::AtLeastEpsilon if step < f64::from(EPSILON) => (EPSILON.into(), self),
            ScaleLimits::Widened if (1.0 / step as f32).is_infinite() => {
                (scale_of_zeros::<T>(arithmetic).into(), self)
            }
            ScaleLimits::Widened if step < f64::from(LEAST) => {
                let factor = LEAST / step as f32;
                let (low, high) = if low == 0.0 {
                    (low, LEAST * steps)
                } else if high == 0.0 {
                    (-LEAST * steps, high)
                } else {
                    (low * factor, high * factor)
                };
                (LEAST.into(), Self { low, high, ..self })
            }
            _ => (step, self),
        }
    }
}

/// The zero point of a symmetric scheme.
fn fixed_zero_point(scheme: Scheme) -> Option<i32> {
    match scheme.mapping() {
        Mapping::Symmetric(_) => Some(0),
        Mapping::SymmetricOffset(_) => Some(1 << (scheme.num_bits() - 1)),
        Mapping::AffineSigned | Mapping::AffineUnsigned => None,
    }
}

/// The least step of [`ScaleLimits::Widened`].
const LEAST: f32 = 6.1e-5;

/// 2^-23.
const EPSILON: f32 = 1.0 / 8_388_608.0;

/// The scale of values that are all zero.
fn scale_of_zeros<T: Element>(arithmetic: Arithmetic) -> f32 {
    match arithmetic.zeros {
        ZeroScale::Zero if arithmetic.limits == ScaleLimits::AtLeastEpsilon => EPSILON,
        ZeroScale::Zero => 0.0,
        ZeroScale::One => 1.0,
        ZeroScale::Tenth => 0.1,
        ZeroScale::Epsilon => match T::NAME {
            "f16" => 1.0 / 1024.0,
            "bf16" => 1.0 / 128.0,
            _ => EPSILON,
        },
    }
}

/// A result on the way to a scale or a zero point, rounded to the type that it is computed in.
fn parameter<T: Element>(number: f32, arithmetic: Arithmetic) -> f32 {
    match arithmetic.precision {
        Precision::F32 => number,
        Precision::ElementParameters | Precision::Element => widen(narrow::<T>(number)),
    }
}
