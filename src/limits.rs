//! The least and the largest of some values, and how the limits of parts become the limits of the
//! whole.

#[cfg(feature = "serde")]
pub(crate) use self::stored::StoredLimits;

/// The least and the largest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredLimits", into = "StoredLimits"))]
pub struct Limits {
    pub(crate) min: f32,
    pub(crate) max: f32,
}

impl Limits {
    /// The limits of no values.
    pub(crate) const NOTHING: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY };

    /// The limits of values of which only the largest magnitude is known.
    #[inline(always)]
    pub(crate) fn symmetric(abs_max: f32) -> Self {
        Self { min: -abs_max, max: abs_max }
    }

    /// The limits of the values of both. A NaN stays.
    #[inline(always)]
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            min: if self.min <= other.min || self.min.is_nan() { self.min } else { other.min },
            max: if self.max >= other.max || self.max.is_nan() { self.max } else { other.max },
        }
    }

    /// The limits of the values of both, either of which may have seen nothing.
    pub(crate) fn merge_seen(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.zip(other).map(|(one, other)| one.merge(other)).or(one).or(other)
    }

    /// The limits of the values after limiting them to [-`clip`, `clip`], which is a finite range.
    pub(crate) fn clipped(self, clip: f32) -> Self {
        let Self { min, max } = self;
        Self { min: min.clamp(-clip, clip), max: max.clamp(-clip, clip) }
    }

    /// The largest magnitude.
    #[inline(always)]
    pub(crate) fn abs_max(self) -> f32 {
        let (min, max) = (self.min.abs(), self.max.abs());
        // If one limit is NaN, so is the other.
        if max < min { min } else { max }
    }
}

/// Limits as serde writes them. A binary32 number is written as binary64, so that readers of
/// decimal numbers that are off in the last digit still find the binary32 number.
#[cfg(feature = "serde")]
mod stored {
    use super::Limits;
    use crate::Error;
    use crate::environment::in_default;

    /// [`Limits`] as they are written.
    #[derive(serde::Serialize, serde::Deserialize)]
    pub(crate) struct StoredLimits {
        pub(crate) min: f64,
        pub(crate) max: f64,
    }

    impl From<Limits> for StoredLimits {
        fn from(limits: Limits) -> Self {
            Self { min: limits.min.into(), max: limits.max.into() }
        }
    }

    impl TryFrom<StoredLimits> for Limits {
        type Error = Error;

        fn try_from(stored: StoredLimits) -> Result<Self, Error> {
            in_default([stored.min, stored.max], |limits| {
                // The sum of either zero and +0 is +0.
                let [min, max] = limits.map(|limit| limit as f32 + 0.0);
                if min.is_finite() && max.is_finite() && min <= max {
                    Ok(Self { min, max })
                } else {
                    Err(Error::InvalidLimits { min, max })
                }
            })
        }
    }
}
