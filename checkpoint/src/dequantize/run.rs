//! The operation that converts a quantized checkpoint back to floating point.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::options::{DequantizeOptions, DequantizeReport};
use super::shard::{Shard, ShardWriter};
use crate::control::{Control, Event};
use crate::error::{Error, IoContext as _, Result};
use crate::format::names::CONFIG;
use crate::read::{Stored, StoredModel, Workshop};
use crate::report::Warning;
use crate::source::{Checkpoint, open_model, refuse_quantized};
use crate::write::{Destination, Stage};

/// Puts a checkpoint in the form of compressed-tensors, or in FP8, back into floating point, in the
/// directory `out`.
///
/// Every value is the binary32 product of scale and integer, less the zero point, rounded to the
/// type of the scales. FP8 values times their scales are rounded to the type that the config names.
/// What is not quantized is copied.
///
/// # Errors
///
/// If the source cannot be read or holds no weight in that form, if OUT may not be written, or if
/// the operation is cancelled. Nothing is left behind then.
///
/// ```no_run
/// use absmax_checkpoint::{Control, DequantizeOptions, dequantize};
///
/// let options = DequantizeOptions::default();
/// let report = dequantize("model-int8", "model-again", &options, &Control::new())?;
/// println!("{} of {} tensors", report.quantized, report.tensors);
/// # Ok::<(), absmax_checkpoint::Error>(())
/// ```
pub fn dequantize(
    source: impl AsRef<Path>,
    out: impl AsRef<Path>,
    options: &DequantizeOptions,
    control: &Control<'_>,
) -> Result<DequantizeReport> {
    let (source, out) = (source.as_ref(), out.as_ref());
    let mut checkpoint = open_model(control, source)?;
    let model = StoredModel::of(control, &checkpoint)?;
    let is_quantized = |stored: &&Stored| matches!(stored, Stored::Quantized(_));
    let quantized = model.tensors.values().filter(is_quantized).count();
    if quantized == 0 {
        return Err(Error::NotQuantized { path: source.to_path_buf() });
    }
    model.show_in(control, &mut checkpoint)?;
    // A part of it may be quantized in another form.
    refuse_quantized(&checkpoint)?;
    let shards = Shard::all(control, &checkpoint, &model)?;
    let names = shards.iter().map(|shard| PathBuf::from(&shard.name));
    let index = checkpoint.index.as_ref().map(|index| PathBuf::from(&index.name));
    let others = checkpoint.others.iter().cloned();
    let names: Vec<PathBuf> = names.chain(index).chain(others).chain([CONFIG.into()]).collect();
    let destination = Destination::check(out, &checkpoint.source, &names, options.replace)?;
    let mut report = DequantizeReport {
        source: checkpoint.source.display().to_string(),
        output: destination.path.display().to_string(),
        quantized,
        tensors: model.tensors.len(),
        bytes: shards.iter().map(|shard| shard.layout.file_len()).sum(),
        files: Vec::new(),
        warnings: checkpoint.warnings_of_copy(),
    };
    report.warnings.iter().for_each(|warning| control.tell(Event::Warning(warning)));
    let texts = texts(checkpoint, &shards, control)?;
    control.begin(work(&texts, &model, &shards)?);
    write(&texts, &model, &shards, &destination, (options, control), &mut report)?;
    control.end();
    Ok(report)
}

/// The texts that are written beside the weights. The config comes last, since without it loaders
/// take a directory for no model at all.
struct Texts {
    /// Name and text.
    index: Option<(String, String)>,
    /// Names, and where they are.
    others: Vec<(PathBuf, PathBuf)>,
    config: String,
}

fn texts(checkpoint: Checkpoint, shards: &[Shard], control: &Control<'_>) -> Result<Texts> {
    let mut weight_map = BTreeMap::new();
    for shard in shards {
        let tensors = shard.tensors.iter().map(|tensor| (tensor.clone(), shard.name.clone()));
        weight_map.extend(tensors);
    }
    let total = shards.iter().map(|shard| shard.layout.data_len).sum();
    let index = match checkpoint.index {
        None => None,
        Some(index) => Some((index.name.clone(), index.rewritten(control, weight_map, total)?)),
    };
    let directory = checkpoint.directory;
    let others = checkpoint.others.into_iter().map(|name| (name.clone(), directory.join(name)));
    let config = checkpoint.config.into_text();
    Ok(Texts { index, others: others.collect(), config })
}

/// Bytes that will be read, of the source and of what was written.
fn work(texts: &Texts, model: &StoredModel, shards: &[Shard]) -> Result<u64> {
    let mut bytes = texts.config.len() as u64;
    bytes += texts.index.as_ref().map_or(0, |(_, text)| text.len() as u64);
    for (_, path) in &texts.others {
        bytes += 2 * fs::metadata(path).cannot("read", path)?.len();
    }
    bytes += shards.iter().map(|shard| shard.layout.file_len()).sum::<u64>();
    Ok(bytes + model.tensors.values().map(Stored::len).sum::<u64>())
}

fn write(
    texts: &Texts,
    model: &StoredModel,
    shards: &[Shard],
    destination: &Destination,
    (options, control): (&DequantizeOptions, &Control<'_>),
    report: &mut DequantizeReport,
) -> Result<()> {
    let mut stage = Stage::new(destination)?;
    let backend = options.backend.with_threads(1);
    let writer = ShardWriter { control, backend, model, workshop: Workshop::default() };
    for shard in shards {
        let draft = stage.draft(shard.name.as_ref())?;
        writer.write(shard, &draft, |tensor, dtype| {
            let warning = Warning::Overflow { tensor: tensor.to_owned(), dtype };
            control.tell(Event::Warning(&warning));
            report.warnings.push(warning);
        })?;
        report.files.push(stage.add(control, draft)?);
    }
    if let Some((name, text)) = &texts.index {
        let draft = stage.draft(name.as_ref())?;
        draft.write_text(control, text)?;
        report.files.push(stage.add(control, draft)?);
    }
    for (name, path) in &texts.others {
        let draft = stage.draft(name)?;
        draft.copy(control, path)?;
        report.files.push(stage.add(control, draft)?);
    }
    let draft = stage.draft(CONFIG.as_ref())?;
    draft.write_text(control, &texts.config)?;
    report.files.push(stage.add(control, draft)?);
    control.check()?;
    stage.commit()
}
