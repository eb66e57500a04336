//! The operation that tries many schemes.

use std::path::Path;

use absmax::ErrorStats;

use super::candidate::candidates;
use super::options::SweepOptions;
use super::report::{SweepReport, SweptTensor};
use super::selection::{Selected, select, unused};
use super::total::Total;
use super::weight::Weight;
use crate::control::{Control, Event};
use crate::error::Result;
use crate::read::{Files, Workshop};
use crate::source::{open_model, refuse_quantized};

/// Quantizes the weights of a checkpoint by many schemes, and tells the error of each. Nothing is
/// written.
///
/// A thread holds 131,072 weights at a time, or one row that has more, with 9 bytes for each.
///
/// # Errors
///
/// If the checkpoint cannot be read or is quantized already, if it has no weight to try or one with
/// NaN or infinities, if the options mean nothing, or if the operation is cancelled.
///
/// ```no_run
/// use absmax_checkpoint::{Control, SweepOptions, sweep};
///
/// let report = sweep("model", &SweepOptions::default(), &Control::new())?;
/// for scheme in &report.schemes {
///     println!("{:?}: {:.2} dB", scheme.candidate, scheme.error.sqnr_db);
/// }
/// # Ok::<(), absmax_checkpoint::Error>(())
/// ```
pub fn sweep(
    source: impl AsRef<Path>,
    options: &SweepOptions,
    control: &Control<'_>,
) -> Result<SweepReport> {
    options.check()?;
    let candidates = candidates(&options.bits, &options.falling_group_sizes());
    let checkpoint = open_model(control, source.as_ref())?;
    refuse_quantized(&checkpoint)?;
    let selected = select(control, &checkpoint, options)?;
    let unused = unused(control, &checkpoint, options)?;
    let warnings = checkpoint.warnings.iter().chain(&unused);
    warnings.for_each(|warning| control.tell(Event::Warning(warning)));
    let files = Files::open(&checkpoint)?;
    let bytes: u64 = selected.iter().map(|selected| selected.place.len()).sum();
    control.begin(bytes * if options.histogram { 3 } else { 2 });

    let (backend, workshop) = (options.backend.with_threads(1), Workshop::default());
    let weights = selected.iter().map(|Selected { place, shape, .. }| {
        let shape = *shape;
        Weight { control, place, shape, files: &files, backend, workshop: &workshop }
    });
    let weights: Vec<Weight<'_, '_>> = weights.collect();
    let nothing = Total { stats: ErrorStats::default(), scales: 0 };
    let mut totals = vec![nothing; candidates.len()];
    let mut tensors = Vec::new();
    for (selected, weight) in selected.iter().zip(&weights) {
        let of_weight = weight.measure(&candidates)?;
        tensors.push(SweptTensor::new(selected, &candidates, &of_weight));
        let pairs = totals.iter_mut().zip(of_weight);
        pairs.for_each(|(total, of_weight)| *total = total.merge(of_weight));
    }
    let histogram = match &weights[..] {
        [one] if options.histogram => Some(one.histogram(&candidates)?),
        _ => None,
    };
    control.check()?;
    control.end();
    let source = checkpoint.source.display().to_string();
    Ok(SweepReport::new(source, &candidates, &totals, tensors, histogram))
}
