//! Computes x / scale, limited to what the quantized integers stand for.

use crate::QuantParams;
use crate::params::Way;
use crate::reciprocal::Reciprocal;
use crate::simd::{LANES, Simd, Value};

/// A way to divide by one scale.
pub(crate) trait Divide<S: Simd>: Copy {
    /// A number in [qmin - zero_point, qmax - zero_point] that rounds to the quantized integer
    /// minus the zero point. [`Simd::clip`] says what becomes of NaN.
    fn quotient(self, s: S, x: S::F32) -> S::F32;

    /// The quantized integers minus the zero point, of values that had the type `T`.
    #[inline(always)]
    fn integers<T: Value>(self, s: S, x: S::F32) -> S::I32 {
        s.round(self.quotient(s, x))
    }
}

/// Divides with the reciprocal. That is exact for scales in the proven range, as long as x is
/// clipped first. (If |x / scale| were beyond the range of floats, the result could be the
/// difference of two infinities.) x is clipped to the ends of the range times the scale. Rounding
/// these products moves no result: whatever is beyond them rounds to the ends, and so do they.
#[derive(Clone, Copy)]
pub(crate) struct ByProduct<S: Simd> {
    pub(crate) divisor: S::Divisor,
    min: S::F32,
    max: S::F32,
}

impl<S: Simd> ByProduct<S> {
    #[inline(always)]
    pub(crate) fn new(s: S, params: QuantParams, reciprocal: Reciprocal) -> Self {
        let scale = params.scale();
        let [min, max] = ends(params);
        Self {
            divisor: divisor(s, scale, reciprocal),
            min: s.splat(scale * min),
            max: s.splat(scale * max),
        }
    }
}

impl<S: Simd> Divide<S> for ByProduct<S> {
    #[inline(always)]
    fn quotient(self, s: S, x: S::F32) -> S::F32 {
        s.div_by(s.clip(x, self.min, self.max), self.divisor)
    }
}

/// qmin - zero_point and qmax - zero_point.
#[inline(always)]
pub(crate) fn ends(params: QuantParams) -> [f32; 2] {
    [params.qmin(), params.qmax()].map(|q| (q - params.zero_point()) as f32)
}

/// A divisor that has one scale in every lane.
#[inline(always)]
pub(crate) fn divisor<S: Simd>(s: S, scale: f32, reciprocal: Reciprocal) -> S::Divisor {
    s.divisor(s.splat(scale), s.splat(reciprocal.hi), s.splat(reciprocal.lo))
}

/// Computes step by step, which is exact for every scale, and the only way to some arithmetics.
#[derive(Clone, Copy)]
pub(crate) struct StepByStep<S: Simd> {
    factor: S::F32,
    min: S::F32,
    max: S::F32,
    zero: S::F32,
    way: Way,
}

impl<S: Simd> StepByStep<S> {
    #[inline(always)]
    pub(crate) fn new(s: S, params: QuantParams) -> Self {
        let way = params.way();
        let [min, max] = if way.has(Way::ZERO_POINT_FIRST) {
            [params.qmin() as f32, params.qmax() as f32]
        } else {
            ends(params)
        };
        let zero = s.splat(params.zero_point() as f32);
        Self { factor: s.splat(params.scale()), min: s.splat(min), max: s.splat(max), zero, way }
    }

    /// Rounds to the type of the values, if that is the way.
    #[inline(always)]
    fn narrowed<T: Value>(self, s: S, v: S::F32) -> S::F32 {
        if !self.way.has(Way::NARROW) {
            return v;
        }
        let mut values = [T::zeroed(); LANES];
        T::store(s, &mut values, v);
        T::load(s, &values)
    }
}

impl<S: Simd> Divide<S> for StepByStep<S> {
    #[inline(always)]
    fn quotient(self, s: S, x: S::F32) -> S::F32 {
        s.clip(s.div(x, self.factor), self.min, self.max)
    }

    /// The zero point is part of the integers already if it is added first.
    #[inline(always)]
    fn integers<T: Value>(self, s: S, x: S::F32) -> S::I32 {
        let Self { factor, min, max, zero, way } = self;
        let number = if way.has(Way::MULTIPLY) { s.mul(x, factor) } else { s.div(x, factor) };
        let mut number = self.narrowed::<T>(s, number);
        if way.has(Way::ZERO_POINT_FIRST) {
            number = self.narrowed::<T>(s, s.add(number, zero));
        }
        let number = s.clip(number, min, max);
        let integers = if way.has(Way::HALF_AWAY) { s.round_away(number) } else { s.round(number) };
        if !way.has(Way::ZERO_POINT_FIRST) && !way.has(Way::NARROW) {
            return integers;
        }
        // NaN is to become the zero point. It may have become anything when it was narrowed.
        let nan = is_nan(s, x);
        let number = s.add(s.splat(1.0), s.mul(nan, s.splat(-1.0)));
        let integers = s.mul(s.to_f32(integers), number);
        s.round(if way.has(Way::ZERO_POINT_FIRST) {
            s.add(integers, s.mul(nan, zero))
        } else {
            integers
        })
    }
}

/// 1 in lanes that are NaN, and 0 in others.
#[inline(always)]
fn is_nan<S: Simd>(s: S, v: S::F32) -> S::F32 {
    let above_infinity =
        s.add_i32(s.magnitude(v), s.splat_i32(-f32::INFINITY.to_bits().cast_signed()));
    s.to_f32(s.min_i32(s.max_i32(above_infinity, s.splat_i32(0)), s.splat_i32(1)))
}
