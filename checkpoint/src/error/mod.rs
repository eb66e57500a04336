//! What can go wrong, with the names and numbers that explain it.

mod context;
mod header;
mod operation;
mod weight;

pub(crate) use context::{Context, IoContext};
pub use header::HeaderError;
pub use operation::{Error, Result};
pub use weight::WeightError;

/// The error of a library beneath, whose type is no part of this one's interface.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;
