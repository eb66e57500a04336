//! A scale and a zero point that are valid by construction.

use core::ops::RangeInclusive;

use crate::environment::in_default;
use crate::reciprocal::Reciprocal;
use crate::{Error, Integer, Result};

/// How real numbers and quantized integers relate:
///
/// ```text
/// q = clamp(round_half_even(x / scale) + zero_point, qmin, qmax)        x' = (q - zero_point) * scale
/// ```
///
/// ```
/// use absmax::QuantParams;
///
/// let params = QuantParams::new(0.5, 3, 0..=15)?;
/// assert_eq!((params.scale(), params.zero_point()), (0.5, 3));
/// assert_eq!((params.qmin(), params.qmax()), (0, 15));
/// assert!(QuantParams::new(0.0, 3, 0..=15).is_err());
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantParams {
    scale: f32,
    zero_point: i16,
    qmin: i16,
    qmax: i16,
    /// The reciprocal of the scale, made once, or `None` if the scale is outside the proven range.
    reciprocal: Option<Reciprocal>,
}

impl QuantParams {
    /// Parameters of any kind. `range` holds the integers in use, which all have to fit `i8` or all
    /// `u8`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidScale`] if `scale` is not finite and positive (subnormal scales are
    /// allowed), [`Error::InvalidRange`] if `range` holds fewer than two integers or neither type
    /// holds them all, [`Error::ZeroPointOutOfRange`] if the zero point is not one of them.
    pub fn new(scale: f32, zero_point: i32, range: RangeInclusive<i32>) -> Result<Self> {
        let (qmin, qmax) = range.into_inner();
        let one_type = (-128 <= qmin && qmax <= 127) || (0 <= qmin && qmax <= 255);
        if qmin >= qmax || !one_type {
            return Err(Error::InvalidRange { qmin, qmax });
        }
        if !(qmin..=qmax).contains(&zero_point) {
            return Err(Error::ZeroPointOutOfRange { zero_point, qmin, qmax });
        }
        in_default(scale, |scale| {
            if scale.is_finite() && scale > 0.0 {
                Ok(Self::valid(scale, zero_point, qmin, qmax))
            } else {
                Err(Error::InvalidScale { scale })
            }
        })
    }

    /// Symmetric int8 parameters: zero point 0, integers [-127, 127].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidScale`] if `scale` is not finite and positive. Subnormal scales are allowed.
    pub fn symmetric(scale: f32) -> Result<Self> {
        Self::new(scale, 0, -127..=127)
    }

    /// Parameters that are known to be valid.
    #[inline(always)]
    pub(crate) fn valid(scale: f32, zero_point: i32, qmin: i32, qmax: i32) -> Self {
        let [zero_point, qmin, qmax] = [zero_point, qmin, qmax].map(|q| q as i16);
        Self { scale, zero_point, qmin, qmax, reciprocal: Reciprocal::of(scale) }
    }

    /// The reciprocal that kernels divide by the scale with, if the scale is in the proven range.
    pub(crate) const fn reciprocal(self) -> Option<Reciprocal> {
        self.reciprocal
    }

    /// The distance between neighbouring dequantized values.
    pub const fn scale(self) -> f32 {
        self.scale
    }

    /// The integer that stands for 0.
    pub const fn zero_point(self) -> i32 {
        self.zero_point as i32
    }

    /// The least integer in use.
    pub const fn qmin(self) -> i32 {
        self.qmin as i32
    }

    /// The largest integer in use.
    pub const fn qmax(self) -> i32 {
        self.qmax as i32
    }

    /// Checks that `Q` holds all integers in use.
    pub(crate) fn fit<Q: Integer>(self) -> Result<()> {
        let (qmin, qmax) = (self.qmin(), self.qmax());
        if Q::MIN <= qmin && qmax <= Q::MAX {
            Ok(())
        } else {
            Err(Error::IntegerMismatch { qmin, qmax, integer: Q::NAME })
        }
    }
}
