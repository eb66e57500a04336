//! What it takes to quantize a set of values: its scheme, and the arithmetic.

use crate::arithmetic::{
    Multiplier, Precision, ScaleFormula, ScaleLimits, ZeroPointAdded, ZeroScale,
};
use crate::choose_by::Chosen;
use crate::environment::Environment;
use crate::limits::Limits;
use crate::set_params::Params;
use crate::simd::Value;
use crate::{Arithmetic, Error, QuantParams, Result, Scheme};

/// How sets of values are quantized.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    pub(crate) scheme: &'a Scheme,
    /// The arithmetic, unless it is this crate's own.
    pub(crate) arithmetic: Option<&'a Arithmetic>,
}

impl<'a> Recipe<'a> {
    /// By this crate's own arithmetic.
    #[inline(always)]
    pub(crate) const fn exact(scheme: &'a Scheme) -> Self {
        Self { scheme, arithmetic: None }
    }

    /// Whether values are quantized exactly to [`Scheme::int8`], as in most calls.
    #[inline(always)]
    pub(crate) const fn is_plain_int8(self) -> bool {
        self.arithmetic.is_none() && self.scheme.is_plain_int8()
    }

    /// The scale and the zero point of a set of values of the type `T` with these limits, and what
    /// kernels compute with. If the scale is not finite, the last means nothing.
    #[inline(always)]
    pub(crate) fn choose<T: Value>(self, limits: Limits) -> (f32, i32, QuantParams) {
        match self.arithmetic {
            None => {
                let (scale, zero_point) = self.scheme.choose(limits);
                (scale, zero_point, self.scheme.valid_params(scale, zero_point))
            }
            Some(arithmetic) => {
                let Chosen { scale, zero_point, factor } =
                    arithmetic.choose::<T>(self.scheme, limits);
                (scale, zero_point, factor.params(self.scheme, zero_point))
            }
        }
    }

    /// Checks that values can be multiplied by the reciprocal of each scale, if they are.
    pub(crate) fn fit(self, params: Params<'_>) -> Result<()> {
        let Some(arithmetic) = self.arithmetic else { return Ok(()) };
        let _environment = Environment::enter();
        for (set, (scale, _)) in params.iter().enumerate() {
            if arithmetic.given_multiplier(self.scheme, scale) == Some(f32::INFINITY) {
                return Err(Error::ScaleUnderflow { set, scale });
            }
        }
        Ok(())
    }

    /// Whether sixteen short sets can be quantized at a time: exactly, or by an arithmetic that
    /// multiplies and that computes everything in binary32.
    #[inline(always)]
    pub(crate) fn suits_groups(self) -> bool {
        let Self { scheme, arithmetic: Some(arithmetic) } = self else { return true };
        scheme.is_symmetric()
            && arithmetic.multiplier != Multiplier::Divide
            && arithmetic.scale != ScaleFormula::Binary64
            && arithmetic.limits == ScaleLimits::None
            && arithmetic.zeros != ZeroScale::Epsilon
            && arithmetic.precision == Precision::F32
            && (arithmetic.added == ZeroPointAdded::AfterRounding || scheme.offset() == 0)
    }

    /// What kernels compute with by a scale and a zero point that are given. They are valid, and
    /// there is something to multiply values by.
    #[inline(always)]
    pub(crate) fn given<T: Value>(self, scale: f32, zero_point: i32) -> QuantParams {
        match self.arithmetic {
            None => self.scheme.valid_params(scale, zero_point),
            Some(arithmetic) => {
                let factor = arithmetic.given::<T>(self.scheme, scale, zero_point);
                factor.params(self.scheme, zero_point)
            }
        }
    }
}
