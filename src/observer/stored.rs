//! Observers as serde writes them. A binary32 number is written as binary64, so that readers of
//! decimal numbers that are off in the last digit still find the binary32 number.

use super::abs_max::AbsMax;
use super::bins::Key;
use super::histogram::{Histogram, StoredHistogram};
use super::moving_average::Constant;
use crate::Error;
use crate::environment::in_default;
use crate::limits::{Limits, StoredLimits};

impl From<AbsMax> for Option<f64> {
    fn from(abs_max: AbsMax) -> Self {
        abs_max.0.map(f64::from)
    }
}

impl TryFrom<Option<f64>> for AbsMax {
    type Error = Error;

    fn try_from(stored: Option<f64>) -> Result<Self, Error> {
        let limits = stored.map(|abs_max| StoredLimits { min: -abs_max, max: abs_max });
        let limits = limits.map(Limits::try_from).transpose()?;
        Ok(Self(limits.map(|limits| limits.max)))
    }
}

impl From<Constant> for f64 {
    fn from(constant: Constant) -> Self {
        f32::from(constant).into()
    }
}

impl TryFrom<f64> for Constant {
    type Error = Error;

    fn try_from(stored: f64) -> Result<Self, Error> {
        Self::try_from(in_default(stored, |stored| stored as f32))
    }
}

impl From<Key> for i16 {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl TryFrom<i16> for Key {
    type Error = InvalidHistogram;

    fn try_from(key: i16) -> Result<Self, InvalidHistogram> {
        let key = Self(key);
        if key.magnitude() <= Self::of(f32::MAX).magnitude() {
            Ok(key)
        } else {
            Err(InvalidHistogram::NotFinite { key: key.0 })
        }
    }
}

impl TryFrom<StoredHistogram> for Histogram {
    type Error = InvalidHistogram;

    fn try_from(StoredHistogram { bins, limits }: StoredHistogram) -> Result<Self, Self::Error> {
        let all = bins.as_slice();
        if let Some(pair) = all.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            let [key, next] = [pair[0].0.0, pair[1].0.0];
            return Err(InvalidHistogram::OutOfOrder { key, next });
        }
        if let Some((key, _)) = all.iter().find(|(_, count)| *count == 0) {
            return Err(InvalidHistogram::NoValue { key: key.0 });
        }
        let outermost = all.first().zip(all.last()).map(|(&(first, _), &(last, _))| (first, last));
        if outermost != limits.map(|Limits { min, max }| (Key::of(min), Key::of(max))) {
            return Err(InvalidHistogram::OtherLimits);
        }
        Ok(Self { bins, limits })
    }
}

/// Why what was read is not a histogram.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidHistogram {
    #[error("bin {key} is not one of finite numbers")]
    NotFinite { key: i16 },
    #[error("bin {next} follows bin {key}: bins ascend")]
    OutOfOrder { key: i16, next: i16 },
    #[error("bin {key} holds no value")]
    NoValue { key: i16 },
    #[error("the least and the largest value are not in the first and the last bin")]
    OtherLimits,
}
