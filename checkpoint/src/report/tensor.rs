//! The report of what becomes of one tensor.

use serde::{Deserialize, Serialize};

use super::numbers::ErrorNumbers;
use super::reason::Reason;
use crate::architecture::ModuleKind;
use crate::scheme::WeightScheme;

/// One tensor of a checkpoint that is quantized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TensorReport {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// Its type, as safetensors files have it.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// What module it belongs to, where that is known or can be told by its name.
    #[serde(default)]
    pub kind: Option<ModuleKind>,
    /// Whether it is quantized.
    pub quantized: bool,
    /// What it becomes, if it is quantized.
    pub scheme: Option<WeightScheme>,
    /// Why it is kept as it is, if it is.
    pub reason: Option<Reason>,
    /// How many scales it has; 0 if it is kept.
    pub scales: usize,
    /// Bytes in the source; of a weight that is quantized again, those of its floats.
    pub bytes_before: u64,
    /// Bytes in OUT, scales and zero points with it.
    pub bytes_after: u64,
    /// What quantization cost; `None` if it is kept, or not quantized yet. In JSON its fields are
    /// beside the others, and absent if it is `None`.
    #[serde(flatten)]
    pub error: Option<ErrorNumbers>,
}
