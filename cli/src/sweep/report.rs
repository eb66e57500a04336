//! What a sweep tells: the same data for people and for programs.

use absmax::ErrorStats;
use serde::Serialize;

use super::selection::Selected;
use crate::text::{grouped, joined, right_align, table, table_lines};
use absmax_checkpoint::quantize::report::TensorError;
use absmax_checkpoint::sweep::candidate::Candidate;

/// Everything about one run; with `--json`, exactly what is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) source: String,
    pub(crate) weights: usize,
    pub(crate) values: u64,
    /// Of all weights together, by bits and from one scale to many.
    pub(crate) schemes: Vec<Numbers>,
    /// In the order of the files and of their data.
    pub(crate) tensors: Vec<TensorNumbers>,
    /// Files that were written.
    pub(crate) plots: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct TensorNumbers {
    pub(crate) name: String,
    file: String,
    dtype: String,
    shape: Vec<usize>,
    schemes: Vec<Numbers>,
}

/// What one scheme costs; a ratio without error is infinite, which JSON writes as null.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Numbers {
    #[serde(flatten)]
    pub(crate) candidate: Candidate,
    scales: u64,
    pub(crate) bits_per_weight: f64,
    #[serde(flatten)]
    pub(crate) error: TensorError,
}

/// What one scheme has cost so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Total {
    pub(crate) stats: ErrorStats,
    pub(crate) scales: u64,
}

impl Total {
    pub(crate) fn merge(self, other: Self) -> Self {
        Self { stats: self.stats.merge(other.stats), scales: self.scales + other.scales }
    }
}

impl Report {
    pub(crate) fn new(
        source: String,
        candidates: &[Candidate],
        totals: &[Total],
        tensors: Vec<TensorNumbers>,
    ) -> Self {
        let values = totals.first().map_or(0, |total| total.stats.count());
        let schemes = numbers(candidates, totals);
        Self { source, weights: tensors.len(), values, schemes, tensors, plots: Vec::new() }
    }

    pub(crate) fn text(&self) -> String {
        let mut schemes = table();
        schemes.set_header(["bits", "granularity", "mapping", "bits/weight", "MSE", "SQNR dB"]);
        for Numbers { candidate, bits_per_weight, error, .. } in &self.schemes {
            schemes.add_row([
                candidate.bits.to_string(),
                candidate.granularity.to_string(),
                candidate.mapping.name().to_owned(),
                format!("{bits_per_weight:.4}"),
                format!("{:.3e}", error.mse),
                format!("{:.2}", error.sqnr_db),
            ]);
        }
        [0, 3, 4, 5].into_iter().for_each(|column| right_align(&mut schemes, column));
        let mut lines = table_lines(&schemes);
        lines.extend([String::new(), self.of_what()]);
        lines.push(
            "bits/weight counts 16 bits for each scale and a weight's bits for each zero point; the \
             scales of these errors are kept in binary32"
                .to_owned(),
        );
        lines.extend(self.plots.iter().map(|plot| format!("wrote {plot}")));
        joined(&lines)
    }

    /// What was tried.
    pub(crate) fn of_what(&self) -> String {
        let values = grouped(self.values);
        match &self.tensors[..] {
            [one] => format!("{}, {values} values", one.name),
            all => format!("{} weights of {values} values", all.len()),
        }
    }
}

impl TensorNumbers {
    pub(crate) fn new(weight: &Selected<'_>, candidates: &[Candidate], totals: &[Total]) -> Self {
        Self {
            name: weight.name.to_owned(),
            file: weight.file.to_owned(),
            dtype: weight.place.dtype.to_string(),
            shape: weight.shape.to_vec(),
            schemes: numbers(candidates, totals),
        }
    }
}

fn numbers(candidates: &[Candidate], totals: &[Total]) -> Vec<Numbers> {
    let numbers = candidates.iter().zip(totals).map(|(candidate, total)| Numbers {
        candidate: *candidate,
        scales: total.scales,
        bits_per_weight: candidate.bits_per_weight(total.stats.count(), total.scales),
        error: TensorError::from(total.stats),
    });
    numbers.collect()
}
