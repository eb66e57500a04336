//! Computes the scale and the zero point that a scheme gives to values between two limits.

use crate::environment::in_default;
use crate::limits::Limits;
use crate::{Error, Mapping, QuantParams, Range, Result, ScaleType, Scheme};

impl Scheme {
    /// The parameters for values between `min` and `max`.
    ///
    /// For a symmetric scheme, scale = abs_max / (2^(b-1) - 1), or abs_max / ((2^b - 1) / 2) with
    /// the [full](Range::Full) range, where abs_max is the larger magnitude. For an affine scheme,
    /// the range is first widened to include 0, and scale = (max - min) / (2^b - 1), or
    /// max / (2^b - 1) - min / (2^b - 1) where the difference overflows. If `min` and `max` are
    /// both 0, the scale is 1. A scale below [`f32::MIN_POSITIVE`] is raised to that
    /// number. Then the scale is rounded to [its type](ScaleType). The zero point of an affine
    /// scheme is round_half_even(qmin - min / scale) with the rounded scale, limited to the
    /// integers in use.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidLimits`] unless `min` and `max` are finite and `min` <= `max`,
    /// [`Error::ScaleOverflow`] if the scale overflows its type.
    ///
    /// ```
    /// use absmax::Scheme;
    ///
    /// assert_eq!(Scheme::int8().params(-254.0, 3.0)?.scale(), 2.0);
    /// let affine = Scheme::uint8().params(-1.0, 254.0)?;
    /// assert_eq!((affine.scale(), affine.zero_point()), (1.0, 1));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn params(self, min: f32, max: f32) -> Result<QuantParams> {
        in_default((min, max), |(min, max)| {
            if !(min.is_finite() && max.is_finite() && min <= max) {
                return Err(Error::InvalidLimits { min, max });
            }
            let (scale, zero_point) = self.choose(Limits { min, max });
            if scale == f32::INFINITY {
                let scale_type = self.scale_type();
                return Err(Error::ScaleOverflow { set: 0, min, max, scale_type });
            }
            Ok(self.valid_params(scale, zero_point))
        })
    }

    /// The parameters with a scale and a zero point that were computed and stored earlier.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidScale`] or [`Error::ZeroPointOutOfRange`] if the scale or the zero point is
    /// not valid.
    pub fn params_of(self, scale: f32, zero_point: i32) -> Result<QuantParams> {
        QuantParams::new(scale, zero_point, self.qmin()..=self.qmax())
    }

    /// The parameters with a scale and a zero point that are known to be valid, as those are that
    /// [`Scheme::choose`] finds for finite limits.
    #[inline(always)]
    pub(crate) fn valid_params(self, scale: f32, zero_point: i32) -> QuantParams {
        QuantParams::valid(scale, zero_point, self.qmin(), self.qmax())
    }

    /// The number of steps into which a scheme divides the range of values. For a symmetric scheme,
    /// these are the steps of half the range.
    #[inline(always)]
    pub(crate) fn steps(self) -> f32 {
        let half = (1 << (self.num_bits() - 1)) as f32;
        match self.mapping() {
            Mapping::Symmetric(Range::Narrow) | Mapping::SymmetricOffset(Range::Narrow) => {
                half - 1.0
            }
            Mapping::Symmetric(Range::Full) | Mapping::SymmetricOffset(Range::Full) => half - 0.5,
            Mapping::AffineSigned | Mapping::AffineUnsigned => 2.0 * half - 1.0,
        }
    }

    /// The scale and the zero point of [`Scheme::params`], without checks. The scale is infinite if
    /// it overflows its type, and infinite or NaN if the limits are.
    #[inline(always)]
    pub(crate) fn choose(self, limits: Limits) -> (f32, i32) {
        if self.is_symmetric() {
            return (self.scale_of(limits.abs_max()), self.offset());
        }
        let steps = self.steps();
        // These comparisons leave a NaN where it is.
        let min = if limits.min > 0.0 { 0.0 } else { limits.min };
        let max = if limits.max < 0.0 { 0.0 } else { limits.max };
        if min == max {
            return (1.0, self.qmin());
        }
        let range = max - min;
        let is_finite = range < f32::INFINITY;
        let scale = if is_finite { range / steps } else { max / steps - min / steps };
        let scale = self.stored(scale);
        let (qmin, qmax) = (self.qmin() as f32, self.qmax() as f32);
        let zero_point = (qmin - min / scale).clamp(qmin, qmax);
        (scale, (zero_point + ROUND - ROUND) as i32)
    }

    /// The scale that a symmetric scheme gives to values of this largest magnitude.
    #[inline(always)]
    pub(crate) fn scale_of(self, abs_max: f32) -> f32 {
        if abs_max == 0.0 { 1.0 } else { self.stored(abs_max / self.steps()) }
    }

    /// A scale as it is stored: raised to at least [`f32::MIN_POSITIVE`], then rounded to its type.
    #[inline(always)]
    fn stored(self, scale: f32) -> f32 {
        let scale = if scale < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { scale };
        match self.scale_type() {
            ScaleType::F32 => scale,
            narrower => narrower.rounded(scale),
        }
    }
}

/// Adding this number and subtracting it again rounds a number below 2^22 in magnitude to the
/// nearest integer, ties to even.
const ROUND: f32 = 12_582_912.0;
