//! The report of an inspection.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::quantization::Quantization;
use super::statistics::Statistics;

/// Everything about one checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InspectReport {
    /// The checkpoint, without symbolic links.
    pub source: String,
    /// What config.json says of the quantization, if it says anything.
    pub quantization: Option<Quantization>,
    /// The tensors, in the order of the files and of their data.
    pub tensors: Vec<InspectedTensor>,
    /// The totals of all tensors together.
    pub totals: Totals,
}

/// One tensor, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InspectedTensor {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its type.
    pub dtype: String,
    /// Its length.
    pub bytes: u64,
    /// Its values, if it is of F64, F32, F16, BF16 or I8.
    #[serde(flatten)]
    pub statistics: Option<Statistics>,
}

/// All tensors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Totals {
    /// How many there are.
    pub tensors: usize,
    /// The number of values of the model, whether they are quantized or not. It is `None` if it is
    /// not known how many values the integers stand for.
    pub parameters: Option<u64>,
    /// Bytes of all tensors.
    pub bytes: u64,
    /// The totals of each type.
    pub dtypes: BTreeMap<String, DtypeTotals>,
}

/// The tensors of one type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DtypeTotals {
    /// How many there are.
    pub tensors: usize,
    /// Their values, as they are stored.
    pub values: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl InspectReport {
    pub(super) fn add(&mut self, tensor: InspectedTensor) {
        let Totals { tensors, bytes, dtypes, .. } = &mut self.totals;
        let dtype = dtypes.entry(tensor.dtype.clone()).or_default();
        (*tensors, *bytes) = (*tensors + 1, *bytes + tensor.bytes);
        (dtype.tensors, dtype.bytes) = (dtype.tensors + 1, dtype.bytes + tensor.bytes);
        dtype.values += tensor.shape.iter().product::<usize>() as u64;
        self.tensors.push(tensor);
    }
}
