//! What a run tells: the same data for people and for programs.

use std::path::Path;

use absmax::{ErrorStats, Isa};
use serde::{Serialize, Serializer};

use crate::plan::plan::{Action, TensorPlan};
use crate::scheme::clip::Clip;
use crate::scheme::weight_scheme::WeightScheme;
use crate::source::files::LeftOut;
use crate::write::stage::Written;

/// How many of the worst tensors are named.
const WORST: usize = 5;

/// Everything about one run; with `--json`, exactly what is printed.
#[derive(Debug, Serialize)]
pub struct Report {
    pub source: String,
    pub output: Option<String>,
    pub dry_run: bool,
    /// That of all weights that no `--override` matches.
    pub scheme: WeightScheme,
    pub clip: Clip,
    #[serde(serialize_with = "name")]
    pub isa: Isa,
    pub threads: usize,
    pub warnings: Vec<String>,
    pub tensors: Vec<TensorReport>,
    pub ignore: Vec<String>,
    pub files: Vec<Written>,
    pub left_out: Vec<LeftOut>,
    /// Bytes of the weight files.
    pub bytes_before: u64,
    pub bytes_after: u64,
    pub ratio: f64,
    /// What only a run that was done has.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
}

#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The quantized tensors with the lowest signal to noise ratio, the lowest first.
    pub worst: Vec<Worst>,
    pub seconds: f64,
    /// Bytes of the source's weight files in 10^9 a second.
    pub gigabytes_per_second: f64,
    pub peak_memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
pub struct Worst {
    pub name: String,
    pub sqnr_db: f64,
}

#[derive(Debug, Serialize)]
pub struct TensorReport {
    pub name: String,
    pub file: String,
    pub dtype: String,
    pub shape: Vec<usize>,
    pub quantized: bool,
    pub scheme: Option<WeightScheme>,
    /// Why it was kept as it is.
    pub reason: Option<String>,
    pub scales: usize,
    pub bytes_before: u64,
    pub bytes_after: u64,
    #[serde(flatten)]
    pub error: Option<TensorError>,
}

/// What quantization cost; a ratio without error is infinite, which JSON writes as null.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TensorError {
    pub sqnr_db: f64,
    pub cosine: f64,
    pub mse: f64,
    pub max_abs_error: f64,
}

impl TensorReport {
    pub fn new(file: &Path, tensor: &TensorPlan, stats: Option<ErrorStats>) -> Self {
        let (reason, scales) = match (&tensor.action, tensor.shape[..].try_into()) {
            (Action::Quantize { scheme, .. }, Ok(shape)) => (None, scheme.scale_count(shape)),
            (Action::Quantize { .. }, Err(_)) => (None, 0),
            (Action::Keep { reason, .. }, _) => (Some(reason.to_string()), 0),
        };
        Self {
            name: tensor.name.clone(),
            file: file.display().to_string(),
            dtype: tensor.dtype.to_string(),
            shape: tensor.shape.clone(),
            quantized: tensor.scheme().is_some(),
            scheme: tensor.scheme(),
            reason,
            scales,
            bytes_before: tensor.len,
            bytes_after: tensor.output_len(),
            error: stats.map(TensorError::from),
        }
    }
}

impl From<ErrorStats> for TensorError {
    fn from(stats: ErrorStats) -> Self {
        Self {
            sqnr_db: stats.sqnr_db(),
            cosine: stats.cosine(),
            mse: stats.mse(),
            max_abs_error: stats.max_abs(),
        }
    }
}

/// The quantized tensors that lost most.
pub fn worst(tensors: &[TensorReport]) -> Vec<Worst> {
    let ratios = tensors.iter().filter_map(|tensor| {
        tensor.error.map(|error| Worst { name: tensor.name.clone(), sqnr_db: error.sqnr_db })
    });
    let mut worst: Vec<_> = ratios.collect();
    worst.sort_by(|a, b| a.sqnr_db.total_cmp(&b.sqnr_db));
    worst.truncate(WORST);
    worst
}

fn name<S: Serializer>(isa: &Isa, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(isa.name())
}
