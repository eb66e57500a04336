//! The errors of this crate, with the names and numbers that explain them.

mod context;
mod header;
mod listed;
mod operation;
mod ragged;
mod source;
mod weight;

pub(crate) use context::{Context, IoContext};
pub use header::HeaderError;
pub(crate) use listed::{count_of, listed};
pub use operation::{Error, Result};
pub use ragged::RaggedWeight;
pub use weight::WeightError;
