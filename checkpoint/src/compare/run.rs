//! The operation that compares two checkpoints.

use std::collections::BTreeSet;
use std::path::Path;

use absmax::ErrorStats;
use safetensors::Dtype;

use super::options::CompareOptions;
use super::report::{CompareReport, ComparedBytes, ComparedTensor};
use super::tensor::Comparison;
use crate::control::Control;
use crate::error::{Context as _, Error, Result};
use crate::read::{Stored, StoredModel, Workshop};
use crate::source::Checkpoint;

/// Compares two checkpoints, quantized or not, tensor by tensor. Each is a model directory or one
/// safetensors file.
///
/// Errors are those of the second's values, or of the products of its integers and scales, against
/// the first's. Where both have the same infinity, or NaN of the same bits, there is no error.
///
/// # Errors
///
/// If one of the checkpoints cannot be read or understood, if tensors of one name have different
/// shapes, if no name is in both, or if the operation is cancelled.
///
/// ```no_run
/// use absmax_checkpoint::{CompareOptions, Control, compare};
///
/// let report = compare("model", "model-int8", &CompareOptions::default(), &Control::new())?;
/// println!("{:.2} dB over {} values", report.total.sqnr_db, report.values);
/// # Ok::<(), absmax_checkpoint::Error>(())
/// ```
pub fn compare(
    a: impl AsRef<Path>,
    b: impl AsRef<Path>,
    options: &CompareOptions,
    control: &Control<'_>,
) -> Result<CompareReport> {
    let (a, b) = (a.as_ref(), b.as_ref());
    let open = |path| StoredModel::of(control, &Checkpoint::open(control, path)?);
    let (model_a, model_b) = (open(a)?, open(b)?);
    let names_a: BTreeSet<&String> = model_a.tensors.keys().collect();
    let names_b: BTreeSet<&String> = model_b.tensors.keys().collect();
    let only = |these: &BTreeSet<&String>, those: &BTreeSet<&String>| {
        these.difference(those).map(|name| (*name).clone()).collect::<Vec<_>>()
    };
    let both = || {
        let names = names_a.intersection(&names_b);
        names.map(|&name| (name, [&model_a.tensors[name], &model_b.tensors[name]]))
    };
    let backend = options.backend.with_threads(1);
    let comparison = Comparison {
        control,
        backend,
        models: [&model_a, &model_b],
        workshop: Workshop::default(),
    };
    control.begin(both().flat_map(|(_, pair)| pair).map(Stored::len).sum());
    let (mut tensors, mut other, mut total) = (Vec::new(), Vec::new(), ErrorStats::default());
    for (name, pair) in both() {
        let [stored_a, stored_b] = pair;
        if stored_a.shape() != stored_b.shape() {
            return Err(Error::ShapesDiffer {
                tensor: name.clone(),
                a: stored_a.shape().to_vec(),
                a_path: a.to_path_buf(),
                b: stored_b.shape().to_vec(),
                b_path: b.to_path_buf(),
            });
        }
        if !pair.into_iter().all(is_comparable) {
            let identical = comparison.has_same_bytes(pair).in_tensor(name)?;
            other.push(ComparedBytes { name: name.clone(), identical });
            continue;
        }
        let stats = comparison.difference(pair).in_tensor(name)?;
        total = total.merge(stats);
        tensors.push(ComparedTensor {
            name: name.clone(),
            a: stored_a.kind(),
            b: stored_b.kind(),
            shape: stored_a.shape().to_vec(),
            identical: stats.mse() == 0.0,
            error: stats.into(),
        });
    }
    if tensors.is_empty() && other.is_empty() {
        return Err(Error::NothingInCommon { a: a.to_path_buf(), b: b.to_path_buf() });
    }
    control.check()?;
    control.end();
    // Errors that are not a number come first.
    let key = |tensor: &ComparedTensor| match tensor.error.sqnr_db {
        sqnr_db if sqnr_db.is_nan() => f64::MIN,
        sqnr_db => sqnr_db,
    };
    tensors.sort_by(|a, b| key(a).total_cmp(&key(b)));
    Ok(CompareReport {
        a: a.display().to_string(),
        b: b.display().to_string(),
        tensors,
        total: total.into(),
        values: total.count(),
        other,
        only_in_a: only(&names_a, &names_b),
        only_in_b: only(&names_b, &names_a),
    })
}

fn is_comparable(stored: &Stored) -> bool {
    matches!(stored.dtype(), Dtype::F32 | Dtype::F16 | Dtype::BF16)
}
