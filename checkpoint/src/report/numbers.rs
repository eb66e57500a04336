//! The numbers that say how far quantized values are from what they were.

use absmax::ErrorStats;
use serde::{Deserialize, Deserializer, Serialize};

/// What quantization cost.
///
/// JSON has no infinity and writes null. When it is read, a null `sqnr_db` is infinite, as that of
/// equal tensors is, and the others are NaN.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorNumbers {
    /// The signal to quantization noise ratio in decibels, 10 log10(sum x^2 / sum e^2). It is
    /// infinite if there is no error, and NaN if values are.
    #[serde(deserialize_with = "infinite_if_null")]
    pub sqnr_db: f64,
    /// The cosine of the angle between the two.
    #[serde(deserialize_with = "nan_if_null")]
    pub cosine: f64,
    /// The mean of the squared errors.
    #[serde(deserialize_with = "nan_if_null")]
    pub mse: f64,
    /// The largest error.
    #[serde(deserialize_with = "nan_if_null")]
    pub max_abs_error: f64,
}

impl From<ErrorStats> for ErrorNumbers {
    fn from(stats: ErrorStats) -> Self {
        Self {
            sqnr_db: stats.sqnr_db(),
            cosine: stats.cosine(),
            mse: stats.mse(),
            max_abs_error: stats.max_abs(),
        }
    }
}

pub(crate) fn infinite_if_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

fn nan_if_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
