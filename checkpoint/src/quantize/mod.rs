//! Quantizes a checkpoint into a directory.

mod clipping;
mod options;
mod regions;
mod report;
mod requantize;
mod run;
mod shard;
mod weight;

pub use options::QuantizeOptions;
pub use report::{Outcome, QuantizeReport, WorstTensor};
pub use run::{plan_quantize, quantize};
