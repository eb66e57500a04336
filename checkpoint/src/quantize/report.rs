//! The report of a quantization.

use absmax::Isa;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::report::{LeftOut, TensorReport, Warning, WrittenFile};
use crate::scheme::{Clip, WeightScheme};

/// How many of the worst tensors are named.
const WORST: usize = 5;

/// Everything about one quantization, planned or done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuantizeReport {
    /// The source, without symbolic links.
    pub source: String,
    /// OUT, without symbolic links, if there is one.
    pub output: Option<String>,
    /// Whether the quantization was only planned.
    pub dry_run: bool,
    /// The scheme of weights that no override matches.
    pub scheme: WeightScheme,
    /// What is cut off of the weights that share a scale.
    pub clip: Clip,
    /// The instruction set that computes.
    #[serde(serialize_with = "isa_name", deserialize_with = "isa_of_name")]
    pub isa: Isa,
    /// Threads of the rayon pool.
    pub threads: usize,
    /// What there is to know.
    pub warnings: Vec<Warning>,
    /// Every tensor of the source, in the order of the files and of their data.
    pub tensors: Vec<TensorReport>,
    /// Modules that loaders are told not to take for quantized.
    pub ignore: Vec<String>,
    /// The files of OUT.
    pub files: Vec<WrittenFile>,
    /// Files of the source that OUT does not get.
    pub left_out: Vec<LeftOut>,
    /// Bytes of the source's weight files.
    pub bytes_before: u64,
    /// Bytes of OUT's weight files.
    pub bytes_after: u64,
    /// `bytes_before / bytes_after`.
    pub ratio: f64,
    /// What is known only of a quantization that was done; `None` if it was planned. In JSON its
    /// fields are beside the others, and absent if it is `None`.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
}

/// What is known when a quantization is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// The five quantized tensors with the lowest signal to noise ratio, the lowest first; fewer if
    /// there are not so many.
    pub worst: Vec<WorstTensor>,
    /// How many seconds the quantization took.
    pub seconds: f64,
    /// The speed in bytes of the source's weight files, in 10^9 per second.
    pub gigabytes_per_second: f64,
}

/// A tensor that lost much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstTensor {
    /// Its name.
    pub name: String,
    /// Its signal to quantization noise ratio in decibels.
    #[serde(deserialize_with = "crate::report::infinite_if_null")]
    pub sqnr_db: f64,
}

impl Outcome {
    pub(super) fn new(report: &QuantizeReport, seconds: f64) -> Self {
        let ratios = report.tensors.iter().filter_map(|tensor| {
            let error = tensor.error?;
            Some(WorstTensor { name: tensor.name.clone(), sqnr_db: error.sqnr_db })
        });
        let mut worst: Vec<_> = ratios.collect();
        worst.sort_by(|a, b| a.sqnr_db.total_cmp(&b.sqnr_db));
        worst.truncate(WORST);
        let gigabytes_per_second = report.bytes_before as f64 / 1e9 / seconds;
        Self { worst, seconds, gigabytes_per_second }
    }
}

fn isa_name<S: Serializer>(isa: &Isa, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(isa.name())
}

fn isa_of_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Isa, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
