//! Compares two checkpoints: how far the values of one are from those of the other.

mod options;
mod report;
mod run;
mod tensor;

pub use options::CompareOptions;
pub use report::{CompareReport, ComparedBytes, ComparedTensor};
pub use run::compare;
