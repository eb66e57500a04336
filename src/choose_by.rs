//! Computes what a set of values is quantized with, by an arithmetic.

use crate::arithmetic::{
    Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits, ZeroPoint,
    ZeroPointAdded, ZeroScale,
};
use crate::limits::Limits;
use crate::params::Way;
use crate::simd::Value;
use crate::{Arithmetic, QuantParams, ScaleType, Scheme};

/// What a set of values is quantized with. It fits two registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    /// The scale as it is stored. It is infinite if it overflows its type, and NaN if a limit is not
    /// finite or if there is nothing to multiply values by.
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
    pub(crate) factor: Factor,
}

/// What values are multiplied or divided by, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factor {
    number: f32,
    way: Way,
}

impl Factor {
    /// What kernels compute with.
    #[inline(always)]
    pub(crate) fn params(self, scheme: &Scheme, zero_point: i32) -> QuantParams {
        let Self { number, way } = self;
        let (qmin, qmax) = (scheme.qmin(), scheme.qmax());
        if way == Way::default() {
            QuantParams::valid(number, zero_point, qmin, qmax)
        } else if way == Way::MULTIPLY {
            QuantParams::product(number, zero_point, qmin, qmax)
        } else {
            QuantParams::slow(number, zero_point, qmin, qmax, way)
        }
    }
}

impl Arithmetic {
    /// What values between two limits are quantized with. The limits are those of values of the type
    /// `T`. This is not inlined into kernels, of which there are many.
    #[inline(never)]
    pub(crate) fn choose<T: Value>(&self, scheme: &Scheme, limits: Limits) -> Chosen {
        let failed = |scale| Chosen {
            scale,
            zero_point: scheme.offset(),
            factor: Factor { number: 1.0, way: Way::default() },
        };
        let span = Span::of::<T>(self, scheme, limits);
        if !(span.low.is_finite() && span.high.is_finite()) {
            return failed(f32::NAN);
        }
        if span.low == 0.0 && span.high == 0.0 {
            return self.choose_for_zeros::<T>(scheme, span);
        }

        let (step, widened) = self.step::<T>(scheme, span);
        let rounded = self.rounded(scheme, step);
        let multiplier = match self.multiplier {
            Multiplier::Divide => None,
            Multiplier::Reciprocal => Some(1.0 / rounded),
            Multiplier::StepsOverRange => Some(span.steps / span.range),
            Multiplier::StepsTimesReciprocal => Some(span.steps * (1.0 / span.range)),
        };
        if rounded == 0.0 || multiplier == Some(f32::INFINITY) {
            return failed(f32::NAN);
        }
        let scale = match (self.scale, multiplier) {
            (ScaleFormula::ReciprocalOfMultiplier, Some(multiplier)) => 1.0 / multiplier,
            (ScaleFormula::Range, _) => span.range,
            _ => rounded,
        };
        let scale = self.stored(scheme, scale);
        if scale.is_infinite() {
            return failed(scale);
        }
        let zero_point = if scheme.is_symmetric() {
            scheme.offset()
        } else {
            self.zero_point::<T>(
                scheme,
                widened,
                step,
                [rounded, multiplier.unwrap_or(1.0 / rounded)],
            )
        };
        Chosen { scale, zero_point, factor: self.factor::<T>(rounded, multiplier, zero_point) }
    }

    /// The scale that the integers of values between two limits are made with, or would be made with
    /// if there were something to multiply by.
    #[cold]
    pub(crate) fn step_of<T: Value>(&self, scheme: &Scheme, limits: Limits) -> f32 {
        self.rounded(scheme, self.step::<T>(scheme, Span::of::<T>(self, scheme, limits)).0)
    }

    /// A step as integers are made with it.
    fn rounded(&self, scheme: &Scheme, step: f64) -> f32 {
        match self.narrowing {
            Narrowing::Before => scheme.scale_type().rounded(step as f32),
            Narrowing::After => step as f32,
        }
    }

    /// What values are multiplied or divided by with a given scale and zero point.
    pub(crate) fn given<T: Value>(&self, scheme: &Scheme, scale: f32, zero_point: i32) -> Factor {
        self.factor::<T>(scale, self.given_multiplier(scheme, scale), zero_point)
    }

    /// What values are multiplied by with a scale that is given, unless they are divided by it.
    pub(crate) fn given_multiplier(&self, scheme: &Scheme, scale: f32) -> Option<f32> {
        match self.multiplier {
            Multiplier::Divide => None,
            Multiplier::StepsTimesReciprocal if self.scale == ScaleFormula::Range => {
                let steps = (scheme.qmax() - scheme.qmin()) as f32 / 2.0;
                Some(steps * (1.0 / scale))
            }
            _ => Some(1.0 / scale),
        }
    }

    /// The scale of values that are all zero.
    pub(crate) fn scale_of_zeros<T: Value>(&self) -> f32 {
        match self.zeros {
            ZeroScale::One => 1.0,
            ZeroScale::Zero if self.limits == ScaleLimits::AtLeastEpsilon => f32::EPSILON,
            ZeroScale::Zero => 0.0,
            ZeroScale::Tenth => 0.1,
            ZeroScale::Epsilon => T::EPSILON,
        }
    }

    /// What zeros are quantized with.
    fn choose_for_zeros<T: Value>(&self, scheme: &Scheme, span: Span) -> Chosen {
        let zero_point = if scheme.is_symmetric() {
            scheme.offset()
        } else if self.zero_point == ZeroPoint::DifferenceOrZero {
            0
        } else {
            // With any step that is not 0, the zero point is this.
            self.zero_point::<T>(scheme, span, 1.0, [1.0, 1.0])
        };
        let (scale, factor) =
            (self.scale_of_zeros::<T>(), Factor { number: 1.0, way: Way::default() });
        Chosen { scale, zero_point, factor }
    }

    /// What values are multiplied by, or divided by if there is no multiplier.
    fn factor<T: Value>(&self, step: f32, multiplier: Option<f32>, zero_point: i32) -> Factor {
        let first = self.added == ZeroPointAdded::BeforeRounding && zero_point != 0;
        let narrow = self.precision == Precision::Element && size_of::<T>() == 2;
        let way = Way::default()
            .with(Way::MULTIPLY, multiplier.is_some())
            .with(Way::HALF_AWAY, self.rounding == Rounding::HalfAway)
            .with(Way::ZERO_POINT_FIRST, first)
            .with(Way::NARROW, narrow);
        Factor { number: multiplier.unwrap_or(step), way }
    }

    /// A scale as it is stored. One that was rounded before does not change.
    fn stored(&self, scheme: &Scheme, scale: f32) -> f32 {
        match (self.narrowing, scheme.scale_type()) {
            (Narrowing::After, ScaleType::F16) => half::f16::nearest(scale),
            (Narrowing::After, ScaleType::Bf16) => half::bf16::nearest(scale),
            _ => scale,
        }
    }

    /// The step, not rounded to its type yet, and the span that the zero point is for. Binary64 holds
    /// every binary32 number.
    fn step<T: Value>(&self, scheme: &Scheme, span: Span) -> (f64, Span) {
        const LEAST_NORMAL: f64 = f32::MIN_POSITIVE as f64;
        const EPSILON: f64 = f32::EPSILON as f64;
        let Span { low, high, range, steps } = span;
        let step = match self.scale {
            ScaleFormula::Binary64 if scheme.is_symmetric() => f64::from(range) / f64::from(steps),
            ScaleFormula::Binary64 => (f64::from(high) - f64::from(low)) / f64::from(steps),
            _ if self.limits == ScaleLimits::Normal && range.is_infinite() => {
                f64::from(high / steps - low / steps)
            }
            _ => f64::from(self.parameter::<T>(range / steps)),
        };
        match self.limits {
            ScaleLimits::Normal if step < LEAST_NORMAL => (LEAST_NORMAL, span),
            ScaleLimits::AtLeastEpsilon if step < EPSILON => (EPSILON, span),
            ScaleLimits::Widened if (1.0 / step as f32).is_infinite() => {
                (self.scale_of_zeros::<T>().into(), span)
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
                (LEAST.into(), Span { low, high, ..span })
            }
            _ => (step, span),
        }
    }

    /// The zero point of an affine scheme. `step` is not rounded yet, `rounded` is.
    fn zero_point<T: Value>(
        &self,
        scheme: &Scheme,
        Span { low, high, .. }: Span,
        step: f64,
        [rounded, multiplier]: [f32; 2],
    ) -> i32 {
        let (qmin, qmax) = (scheme.qmin() as f32, scheme.qmax() as f32);
        let quotient = self.parameter::<T>(low / rounded);
        let number = match self.zero_point {
            ZeroPoint::Difference | ZeroPoint::DifferenceOrZero => {
                f64::from(self.parameter::<T>(qmin - quotient))
            }
            ZeroPoint::RoundedQuotient => f64::from(qmin) - half_even(quotient.into()),
            ZeroPoint::EitherEnd => {
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
        half_even(number).clamp(qmin.into(), qmax.into()) as i32
    }

    /// A result on the way to a scale or a zero point, rounded to the type that it is computed in.
    fn parameter<T: Value>(&self, number: f32) -> f32 {
        match self.precision {
            Precision::F32 => number,
            Precision::ElementParameters | Precision::Element => T::nearest(number),
        }
    }
}

/// The range of a set of values and 0.
#[derive(Clone, Copy)]
struct Span {
    low: f32,
    high: f32,
    range: f32,
    steps: f32,
}

impl Span {
    fn of<T: Value>(arithmetic: &Arithmetic, scheme: &Scheme, limits: Limits) -> Self {
        let steps = scheme.steps();
        if scheme.is_symmetric() {
            let range = limits.abs_max();
            return Self { low: -range, high: range, range, steps };
        }
        // These comparisons leave a NaN where it is, and make a zero positive.
        let low = if limits.min >= 0.0 { 0.0 } else { limits.min };
        let high = if limits.max <= 0.0 { 0.0 } else { limits.max };
        Self { low, high, range: arithmetic.parameter::<T>(high - low), steps }
    }
}

/// The least step of [`ScaleLimits::Widened`].
const LEAST: f32 = 6.1e-5;

/// The nearest integer, ties to even, of a number below 2^51 in magnitude. Those beyond 2^30 become
/// 2^30, which no integer in use comes near.
fn half_even(number: f64) -> f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LARGEST: f64 = (1 << 30) as f64;
    number.clamp(-LARGEST, LARGEST) + ROUND - ROUND
}
