//! The report of a comparison.

use serde::{Deserialize, Serialize};

use crate::report::ErrorNumbers;

/// Everything about one comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompareReport {
    /// The first checkpoint, as it was given.
    pub a: String,
    /// The second checkpoint, as it was given.
    pub b: String,
    /// Tensors of both that are floating-point or quantized, the worst first.
    pub tensors: Vec<ComparedTensor>,
    /// The errors of all of them together.
    pub total: ErrorNumbers,
    /// How many values these tensors have.
    pub values: u64,
    /// Tensors of other types.
    pub other: Vec<ComparedBytes>,
    /// Names of tensors that the second does not have.
    pub only_in_a: Vec<String>,
    /// Names of tensors that the first does not have.
    pub only_in_b: Vec<String>,
}

/// A tensor of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComparedTensor {
    /// Its name.
    pub name: String,
    /// Its type in the first, or `int8` and the like if it is quantized.
    pub a: String,
    /// Its type in the second.
    pub b: String,
    /// Its dimensions, the same in both.
    pub shape: Vec<usize>,
    /// Whether all values are equal.
    pub identical: bool,
    /// The error of the second against the first.
    #[serde(flatten)]
    pub error: ErrorNumbers,
}

/// A tensor of both whose type has no values to compare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ComparedBytes {
    /// Its name.
    pub name: String,
    /// Whether the types and all bytes are the same.
    pub identical: bool,
}
