//! Calibration. Observers watch the values that a tensor takes, and find the parameters for them.

mod abs_max;
mod bins;
mod clip;
mod finite_limits;
mod histogram;
mod min_max;
mod moving_average;
#[allow(clippy::module_inception)]
mod observer;
#[cfg(feature = "serde")]
mod stored;

pub use histogram::{Bin, Histogram};
pub use observer::Observer;
