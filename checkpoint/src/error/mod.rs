//! What can go wrong, with the names and numbers that explain it.

mod context;
mod header;
mod operation;
mod source;
mod weight;

pub(crate) use context::{Context, IoContext};
pub use header::HeaderError;
pub use operation::{Error, Result};
pub use weight::WeightError;
