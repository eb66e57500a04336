//! The operation that looks at a checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::Dtype;

use super::options::InspectOptions;
use super::quantization::Quantization;
use super::report::{InspectReport, InspectedTensor, Totals};
use super::statistics::{has_statistics, statistics};
use crate::control::{Control, Event};
use crate::error::{Error, Result};
use crate::read::{Files, Place, Stored, StoredModel, Workshop};
use crate::source::{Checkpoint, refuse_quantized};

/// Looks at the tensors of a checkpoint, quantized or not: any directory with safetensors files, or
/// one such file.
///
/// # Errors
///
/// If the checkpoint cannot be read or is not valid, or if the operation is cancelled.
///
/// ```no_run
/// use absmax_checkpoint::{Control, InspectOptions, inspect};
///
/// let report = inspect("model", &InspectOptions::default(), &Control::new())?;
/// for tensor in &report.tensors {
///     let abs_max = tensor.statistics.as_ref().and_then(|statistics| statistics.abs_max);
///     println!("{} {} {:?}: {abs_max:?}", tensor.name, tensor.dtype, tensor.shape);
/// }
/// # Ok::<(), absmax_checkpoint::Error>(())
/// ```
pub fn inspect(
    source: impl AsRef<Path>,
    options: &InspectOptions,
    control: &Control<'_>,
) -> Result<InspectReport> {
    let InspectOptions {} = options;
    let checkpoint = Checkpoint::open_any(control, source.as_ref())?;
    let quantization = Quantization::of(control, &checkpoint)?;
    let parameters = parameters(control, &checkpoint, quantization.as_ref())?;
    let files = Files::open(&checkpoint)?;
    checkpoint.warnings.iter().for_each(|warning| control.tell(Event::Warning(warning)));
    let read = places(&checkpoint).filter(|(_, place)| has_statistics(place.dtype));
    control.begin(read.map(|(_, place)| place.len()).sum());

    let mut report = InspectReport {
        source: checkpoint.source.display().to_string(),
        quantization,
        tensors: Vec::new(),
        totals: Totals { tensors: 0, parameters, bytes: 0, dtypes: BTreeMap::new() },
    };
    let workshop = Workshop::default();
    for (file, place) in places(&checkpoint) {
        control.check()?;
        let statistics = statistics(control, &files, &place, &workshop)?;
        report.add(InspectedTensor {
            file: file.to_owned(),
            bytes: place.len(),
            dtype: place.dtype.to_string(),
            name: place.name,
            shape: place.shape,
            statistics,
        });
    }
    control.end();
    Ok(report)
}

/// Every tensor with its file's name.
fn places(checkpoint: &Checkpoint) -> impl Iterator<Item = (&str, Place)> {
    checkpoint.shards.iter().enumerate().flat_map(|(i, shard)| {
        let tensors = shard.header.tensors.iter();
        tensors.map(move |tensor| (&*shard.name, Place::of(i, shard, tensor)))
    })
}

/// How many values the model has. For quantized checkpoints, this is known only of the form of
/// compressed-tensors.
fn parameters(
    control: &Control<'_>,
    checkpoint: &Checkpoint,
    quantization: Option<&Quantization>,
) -> Result<Option<u64>> {
    let count = |shape: &[usize]| shape.iter().product::<usize>() as u64;
    if refuse_quantized(checkpoint).is_ok() {
        return Ok(Some(places(checkpoint).map(|(_, place)| count(&place.shape)).sum()));
    }
    if quantization.is_some_and(|quantization| !quantization.is_compressed_tensors()) {
        return Ok(None);
    }
    let model = match StoredModel::of(control, checkpoint) {
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        Err(_) => return Ok(None),
        Ok(model) => model,
    };
    let mut tensors = model.tensors.values();
    // Integers without scales belong to a form that is not known.
    let is_known = |stored: &Stored| match stored {
        Stored::Quantized(_) => true,
        Stored::Plain(place) => !matches!(place.dtype, Dtype::I8 | Dtype::U8 | Dtype::I32),
    };
    Ok(tensors.all(is_known).then(|| model.tensors.values().map(|t| count(t.shape())).sum()))
}
