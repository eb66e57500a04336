//! The options and the report of dequantizing.

use absmax::Backend;
use serde::{Deserialize, Serialize};

use crate::report::{Warning, WrittenFile};

/// How a checkpoint is dequantized.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct DequantizeOptions {
    /// Whether OUT may exist, be it empty. Files of the same names are replaced, others stay.
    pub replace: bool,
    /// The instruction set that computes. The result does not depend on it. By default the best
    /// one.
    #[serde(skip)]
    pub backend: Backend,
}

/// What was dequantized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DequantizeReport {
    /// The source, without symbolic links.
    pub source: String,
    /// OUT, without symbolic links.
    pub output: String,
    /// How many tensors were quantized.
    pub quantized: usize,
    /// How many tensors there are.
    pub tensors: usize,
    /// Bytes of OUT's weight files.
    pub bytes: u64,
    /// The files of OUT.
    pub files: Vec<WrittenFile>,
    /// What there is to know.
    pub warnings: Vec<Warning>,
}
