//! A scale and a zero point that are valid by construction.

use core::ops::RangeInclusive;

use crate::environment::in_default;
use crate::reciprocal::{MULTIPLIERS, Reciprocal};
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
    /// How kernels compute q without a reciprocal: as the formula says, unless [an
    /// arithmetic](crate::Arithmetic) says otherwise. Parameters that callers see never do.
    way: Way,
}

/// How integers are made from values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Way(u8);

impl Way {
    /// Values are multiplied by the scale, and not divided.
    pub(crate) const MULTIPLY: Self = Self(1);
    /// Of two integers that are equally near, the one farther from 0 is chosen.
    pub(crate) const HALF_AWAY: Self = Self(2);
    /// The zero point is added before rounding.
    pub(crate) const ZERO_POINT_FIRST: Self = Self(4);
    /// Every result is rounded to the type of the values.
    pub(crate) const NARROW: Self = Self(8);

    /// Both, if the second is wanted.
    #[must_use]
    pub(crate) const fn with(self, other: Self, wanted: bool) -> Self {
        if wanted { Self(self.0 | other.0) } else { self }
    }

    /// Whether the other is part of this.
    #[inline(always)]
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
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
        Self { scale, ..Self::with_reciprocal(Reciprocal::of(scale), zero_point, qmin, qmax) }
    }

    /// Parameters by which kernels multiply values by a number and round the products, ties to even.
    #[inline(always)]
    pub(crate) fn product(multiplier: f32, zero_point: i32, qmin: i32, qmax: i32) -> Self {
        if !MULTIPLIERS.contains(&multiplier) {
            return Self::slow(multiplier, zero_point, qmin, qmax, Way::MULTIPLY);
        }
        let reciprocal = Some(Reciprocal { hi: multiplier, lo: 0.0 });
        let scale = 1.0 / multiplier;
        Self { scale, ..Self::with_reciprocal(reciprocal, zero_point, qmin, qmax) }
    }

    /// Parameters by which kernels compute in any way, step by step. `factor` is what values are
    /// divided or multiplied by.
    pub(crate) fn slow(factor: f32, zero_point: i32, qmin: i32, qmax: i32, way: Way) -> Self {
        Self { scale: factor, way, ..Self::with_reciprocal(None, zero_point, qmin, qmax) }
    }

    #[inline(always)]
    fn with_reciprocal(
        reciprocal: Option<Reciprocal>,
        zero_point: i32,
        qmin: i32,
        qmax: i32,
    ) -> Self {
        let [zero_point, qmin, qmax] = [zero_point, qmin, qmax].map(|q| q as i16);
        Self { scale: 1.0, zero_point, qmin, qmax, reciprocal, way: Way::default() }
    }

    /// The reciprocal that kernels divide by the scale with, if the scale is in the proven range.
    pub(crate) const fn reciprocal(self) -> Option<Reciprocal> {
        self.reciprocal
    }

    /// How kernels compute without a reciprocal.
    pub(crate) const fn way(self) -> Way {
        self.way
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
