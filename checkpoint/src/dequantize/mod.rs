//! Converts a quantized checkpoint back to floating point.

mod options;
mod run;
mod shard;

pub use options::{DequantizeOptions, DequantizeReport};
pub use run::dequantize;
