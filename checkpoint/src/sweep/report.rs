//! The report of a sweep.

use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::selection::Selected;
use super::total::Total;
use crate::report::ErrorNumbers;

/// Everything about one sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SweepReport {
    /// The checkpoint, without symbolic links.
    pub source: String,
    /// How many weights were tried.
    pub weights: usize,
    /// How many values they have.
    pub values: u64,
    /// The numbers of all weights together, by bits and from one scale to many.
    pub schemes: Vec<SchemeNumbers>,
    /// Every weight, in the order of the files and of their data.
    pub tensors: Vec<SweptTensor>,
    /// The histogram of the one weight, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<WeightHistogram>,
}

/// One weight, by every scheme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SweptTensor {
    /// Its name.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// Its type.
    pub dtype: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// What each scheme costs.
    pub schemes: Vec<SchemeNumbers>,
}

/// What one scheme costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SchemeNumbers {
    /// The scheme.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// How many scales it takes.
    pub scales: u64,
    /// The number of bits that one value takes, with its part of the scales, of 16 bits each, and
    /// of the zero points.
    pub bits_per_weight: f64,
    /// The error, with scales that are kept in binary32.
    #[serde(flatten)]
    pub error: ErrorNumbers,
}

/// How often each value is in a weight, and the grids of symmetric schemes that it could be rounded
/// to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WeightHistogram {
    /// The name of the tensor.
    pub name: String,
    /// Its type.
    pub dtype: String,
    /// Its dimensions.
    pub shape: [usize; 2],
    /// Its least value.
    pub min: f32,
    /// Its largest value.
    pub max: f32,
    /// The largest magnitude, or 1 if all values are zero, so that there is a range.
    pub reach: f64,
    /// The values in each of 201 bins of the same width, from -reach to reach.
    pub counts: Vec<u64>,
    /// The grids of the coarsest scheme, of the scheme with the same bits in the smallest groups,
    /// and of the finest scheme.
    pub grids: Vec<Grid>,
}

/// What the integers of one scale stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Grid {
    /// The scheme that the grid is of, in words.
    pub name: String,
    /// The scale.
    pub step: f64,
    /// The values in rising order, a step from one to the next.
    pub values: Vec<f64>,
}

impl SweepReport {
    pub(super) fn new(
        source: String,
        candidates: &[Candidate],
        totals: &[Total],
        tensors: Vec<SweptTensor>,
        histogram: Option<WeightHistogram>,
    ) -> Self {
        let values = totals.first().map_or(0, |total| total.stats.count());
        let schemes = numbers(candidates, totals);
        Self { source, weights: tensors.len(), values, schemes, tensors, histogram }
    }
}

impl SweptTensor {
    pub(super) fn new(weight: &Selected<'_>, candidates: &[Candidate], totals: &[Total]) -> Self {
        Self {
            name: weight.place.name.clone(),
            file: weight.file.to_owned(),
            dtype: weight.place.dtype.to_string(),
            shape: weight.shape.to_vec(),
            schemes: numbers(candidates, totals),
        }
    }
}

fn numbers(candidates: &[Candidate], totals: &[Total]) -> Vec<SchemeNumbers> {
    let numbers = candidates.iter().zip(totals).map(|(candidate, total)| SchemeNumbers {
        candidate: *candidate,
        scales: total.scales,
        bits_per_weight: candidate.bits_per_weight(total.stats.count(), total.scales),
        error: total.stats.into(),
    });
    numbers.collect()
}
