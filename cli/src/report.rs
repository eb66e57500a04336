//! What a run tells: the same data for people and for programs.

use std::path::Path;

use absmax::{ErrorStats, Isa};
use serde::{Serialize, Serializer};

use crate::clip::Clip;
use crate::files::LeftOut;
use crate::plan::{Action, TensorPlan};
use crate::stage::Written;
use crate::weight_scheme::WeightScheme;

/// How many of the worst tensors are named.
const WORST: usize = 5;

/// Everything about one run; with `--json`, exactly what is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) source: String,
    pub(crate) output: Option<String>,
    pub(crate) dry_run: bool,
    /// That of all weights that no `--override` matches.
    pub(crate) scheme: WeightScheme,
    pub(crate) clip: Clip,
    #[serde(serialize_with = "name")]
    pub(crate) isa: Isa,
    pub(crate) threads: usize,
    pub(crate) warnings: Vec<String>,
    pub(crate) tensors: Vec<TensorReport>,
    pub(crate) ignore: Vec<String>,
    pub(crate) files: Vec<Written>,
    pub(crate) left_out: Vec<LeftOut>,
    /// Bytes of the weight files.
    pub(crate) bytes_before: u64,
    pub(crate) bytes_after: u64,
    pub(crate) ratio: f64,
    /// What only a run that was done has.
    #[serde(flatten)]
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    /// The quantized tensors with the lowest signal to noise ratio, the lowest first.
    pub(crate) worst: Vec<Worst>,
    pub(crate) seconds: f64,
    /// Bytes of the source's weight files in 10^9 a second.
    pub(crate) gigabytes_per_second: f64,
    pub(crate) peak_memory_bytes: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Worst {
    pub(crate) name: String,
    pub(crate) sqnr_db: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct TensorReport {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) dtype: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) quantized: bool,
    pub(crate) scheme: Option<WeightScheme>,
    /// Why it was kept as it is.
    pub(crate) reason: Option<String>,
    pub(crate) scales: usize,
    pub(crate) bytes_before: u64,
    pub(crate) bytes_after: u64,
    #[serde(flatten)]
    pub(crate) error: Option<TensorError>,
}

/// What quantization cost; a ratio without error is infinite, which JSON writes as null.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct TensorError {
    pub(crate) sqnr_db: f64,
    pub(crate) cosine: f64,
    pub(crate) mse: f64,
    pub(crate) max_abs_error: f64,
}

impl TensorReport {
    pub(crate) fn new(file: &Path, tensor: &TensorPlan, stats: Option<ErrorStats>) -> Self {
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
pub(crate) fn worst(tensors: &[TensorReport]) -> Vec<Worst> {
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
