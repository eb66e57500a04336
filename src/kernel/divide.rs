//! Computes x / scale, limited to what the quantized integers stand for.

use crate::QuantParams;
use crate::reciprocal::Reciprocal;
use crate::simd::Simd;

/// A way to divide by one scale.
pub(crate) trait Divide<S: Simd>: Copy {
    /// A number in [qmin - zero_point, qmax - zero_point] that rounds to the quantized integer
    /// minus the zero point. [`Simd::clip`] says what becomes of NaN.
    fn quotient(self, s: S, x: S::F32) -> S::F32;
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

/// Divides as the definition does, which is exact for every scale.
#[derive(Clone, Copy)]
pub(crate) struct ByDivision<S: Simd> {
    scale: S::F32,
    min: S::F32,
    max: S::F32,
}

impl<S: Simd> ByDivision<S> {
    #[inline(always)]
    pub(crate) fn new(s: S, params: QuantParams) -> Self {
        let [min, max] = ends(params);
        Self { scale: s.splat(params.scale()), min: s.splat(min), max: s.splat(max) }
    }
}

impl<S: Simd> Divide<S> for ByDivision<S> {
    #[inline(always)]
    fn quotient(self, s: S, x: S::F32) -> S::F32 {
        s.clip(s.div(x, self.scale), self.min, self.max)
    }
}
