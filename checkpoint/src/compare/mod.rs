//! How far two checkpoints are from each other.

mod options;
mod report;
mod run;
mod tensor;

pub use options::CompareOptions;
pub use report::{CompareReport, ComparedBytes, ComparedTensor};
pub use run::compare;
