//! The kinds of observers, with their settings.

use core::fmt;

/// What an [`Observer`](crate::Observer) makes of the batches, with its setting.
///
/// ```
/// use absmax::{Observer, ObserverKind};
///
/// let kind = Observer::percentile(99.9)?.kind();
/// assert_eq!(kind, ObserverKind::Percentile { percent: 99.9 });
/// assert_eq!(kind.to_string(), "percentile 99.9");
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ObserverKind {
    /// The largest magnitude.
    AbsMax,
    /// The least and the largest value.
    MinMax,
    /// A moving average of the least and the largest value.
    MovingAverage {
        /// The weight of a new batch.
        constant: f32,
    },
    /// The magnitude that so many percent of the magnitudes do not exceed.
    Percentile {
        /// The percentage.
        percent: f64,
    },
    /// The clip with the least squared error.
    Mse,
}

impl fmt::Display for ObserverKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AbsMax => f.write_str("abs-max"),
            Self::MinMax => f.write_str("min-max"),
            Self::MovingAverage { constant } => write!(f, "moving average by {constant}"),
            Self::Percentile { percent } => write!(f, "percentile {percent}"),
            Self::Mse => f.write_str("mse"),
        }
    }
}
