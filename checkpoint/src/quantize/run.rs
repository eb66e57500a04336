//! The operation that quantizes a checkpoint: it plans, writes and reports.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::options::QuantizeOptions;
use super::report::{Outcome, QuantizeReport};
use super::requantize::dequantized;
use super::shard::ShardWriter;
use crate::control::{Control, Event};
use crate::error::{Context as _, Error, Result};
use crate::plan::{Content, Output, Plan, Wanted};
use crate::read::{StoredModel, Workshop};
use crate::report::{TensorReport, Warning, WrittenFile};
use crate::source::{open_model, refuse_quantized};
use crate::write::{Destination, Stage};

/// Quantizes a model directory, or one safetensors file, into the directory `out`.
///
/// OUT is a compressed-tensors checkpoint. The [crate's documentation](crate) describes it, and
/// says what is atomic and how much memory and how many threads are used.
///
/// # Errors
///
/// If the source cannot be read or is quantized already, if it holds nothing to quantize or a
/// weight that cannot be, if OUT may not be written, or if the operation is cancelled. Nothing is
/// left behind then.
///
/// ```no_run
/// use absmax_checkpoint::{Control, QuantizeOptions, quantize};
///
/// let mut options = QuantizeOptions::default();
/// options.scheme = "w4a16,group=64".parse()?;
/// let report = quantize("model", "model-int4", &options, &Control::new())?;
/// for tensor in report.tensors.iter().filter(|tensor| tensor.quantized) {
///     println!("{}: {:?}", tensor.name, tensor.error);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn quantize(
    source: impl AsRef<Path>,
    out: impl AsRef<Path>,
    options: &QuantizeOptions,
    control: &Control<'_>,
) -> Result<QuantizeReport> {
    let started = Instant::now();
    let (plan, model, mut report) = prepare(source.as_ref(), options, control)?;
    let destination = destination(out.as_ref(), &plan, &report, options)?;
    report.output = Some(destination.path.display().to_string());
    report.dry_run = false;
    tell(&report.warnings, control);
    let planned = std::mem::take(&mut report.tensors);
    control.tell(Event::Planned(&planned));
    drop(planned);
    control.begin(work(&plan, options)?);
    let source = (&plan, model.as_ref());
    write(source, &destination, options, control, &mut report).map_err(|error| {
        if !error.is_full_disk() {
            return error;
        }
        Error::DiskFull { needed: plan.output_len(), source: error.into() }
    })?;
    control.end();
    report.outcome = Some(Outcome::new(&report, started.elapsed().as_secs_f64()));
    Ok(report)
}

/// Finds out what [`quantize`] would do, from the headers alone, and writes nothing.
///
/// If `out` is given, whatever would keep that directory from being written is an error here too.
/// The directory is not made.
///
/// # Errors
///
/// Fails as [`quantize`] does, except for errors that come from the values of tensors or from
/// writing.
///
/// ```no_run
/// use std::path::Path;
///
/// use absmax_checkpoint::{Control, QuantizeOptions, plan_quantize};
///
/// let (options, control) = (QuantizeOptions::default(), Control::new());
/// let report = plan_quantize("model", None, &options, &control)?;
/// println!("{:.2} times smaller", report.ratio);
/// for kept in report.tensors.iter().filter_map(|t| Some((&t.name, t.reason.as_ref()?))) {
///     println!("{}: {}", kept.0, kept.1);
/// }
/// // Could it be written there?
/// plan_quantize("model", Some(Path::new("model-int8")), &options, &control)?;
/// # Ok::<(), absmax_checkpoint::Error>(())
/// ```
pub fn plan_quantize(
    source: impl AsRef<Path>,
    out: Option<&Path>,
    options: &QuantizeOptions,
    control: &Control<'_>,
) -> Result<QuantizeReport> {
    let (plan, _, mut report) = prepare(source.as_ref(), options, control)?;
    if let Some(out) = out {
        let destination = destination(out, &plan, &report, options)?;
        report.output = Some(destination.path.display().to_string());
    }
    tell(&report.warnings, control);
    for Output { name, content } in &plan.outputs {
        let (name, bytes) = (name.display().to_string(), content.len()?);
        report.files.push(WrittenFile { name, bytes, sha256: None });
    }
    Ok(report)
}

/// Makes the plan, and the report as it is before anything is done. A source that is quantized
/// comes with how it is read.
fn prepare(
    source: &Path,
    options: &QuantizeOptions,
    control: &Control<'_>,
) -> Result<(Plan, Option<StoredModel>, QuantizeReport)> {
    // A clip may have been made as a value, which nothing has checked yet.
    options.clip.check()?;
    let mut checkpoint = open_model(control, source)?;
    let model = if options.requantize { dequantized(control, &mut checkpoint)? } else { None };
    refuse_quantized(&checkpoint)?;
    checkpoint.warnings = checkpoint.warnings_of_copy();
    let (source, left_out) = (checkpoint.source.clone(), checkpoint.left_out.clone());
    let QuantizeOptions { scheme, clip, backend, .. } = options;
    let wanted = Wanted {
        scheme: *scheme,
        overrides: &options.overrides,
        on_ragged: options.on_ragged,
        ignore: &options.ignore,
        experts: options.experts,
        on_unloadable: options.on_unloadable,
    };
    let plan = Plan::new(control, checkpoint, &wanted)?;
    let bytes_before = plan.shards().map(|(_, shard)| shard.source_len).sum();
    let bytes_after = plan.shards().map(|(_, shard)| shard.layout.file_len()).sum();
    let tensors = plan
        .shards()
        .flat_map(|(name, shard)| shard.tensors.iter().map(|tensor| tensor.report(name, None)));
    let report = QuantizeReport {
        source: source.display().to_string(),
        output: None,
        dry_run: true,
        scheme: *scheme,
        clip: *clip,
        isa: backend.isa(),
        threads: rayon::current_num_threads(),
        warnings: plan.warnings.clone(),
        tensors: tensors.collect(),
        ignore: plan.ignore.clone(),
        files: Vec::new(),
        left_out,
        bytes_before,
        bytes_after,
        ratio: bytes_before as f64 / bytes_after as f64,
        outcome: None,
    };
    Ok((plan, model, report))
}

fn destination(
    out: &Path,
    plan: &Plan,
    report: &QuantizeReport,
    options: &QuantizeOptions,
) -> Result<Destination> {
    let names: Vec<PathBuf> = plan.outputs.iter().map(|output| output.name.clone()).collect();
    Destination::check(out, Path::new(&report.source), &names, options.replace)
}

fn tell(warnings: &[Warning], control: &Control<'_>) {
    warnings.iter().for_each(|warning| control.tell(Event::Warning(warning)));
}

/// Bytes that will be read, of the source and of what was written.
fn work(plan: &Plan, options: &QuantizeOptions) -> Result<u64> {
    let mut bytes = 0;
    for Output { content, .. } in &plan.outputs {
        let len = content.len()?;
        bytes += len
            + match content {
                Content::Shard(shard) => ShardWriter::work(shard, options.clip),
                Content::Text(_) => 0,
                Content::Copy(_) => len,
            };
    }
    Ok(bytes)
}

fn write(
    (plan, model): (&Plan, Option<&StoredModel>),
    destination: &Destination,
    options: &QuantizeOptions,
    control: &Control<'_>,
    report: &mut QuantizeReport,
) -> Result<()> {
    let mut stage = Stage::new(destination)?;
    let (backend, clip) = (options.backend, options.clip);
    let writer = ShardWriter { control, backend, clip, model, workshop: Workshop::default() };
    for Output { name, content } in &plan.outputs {
        let draft = stage.draft(name)?;
        match content {
            Content::Shard(shard) => {
                let told = writer.write(shard, &draft, |tensor, quantized| {
                    let overflows = quantized.as_ref().is_some_and(|q| q.overflows);
                    let tensor = tensor.report(name, quantized.map(|quantized| quantized.stats));
                    report_tensor(tensor, overflows, control, report);
                });
                told.in_file(name)?;
            }
            Content::Text(text) => draft.write_text(control, text)?,
            Content::Copy(source) => draft.copy(control, source)?,
        }
        report.files.push(stage.add(control, draft)?);
    }
    control.check()?;
    stage.commit()
}

fn report_tensor(
    tensor: TensorReport,
    overflows: bool,
    control: &Control<'_>,
    report: &mut QuantizeReport,
) {
    control.tell(Event::Tensor(&tensor));
    if overflows {
        let (name, dtype) = (tensor.name.clone(), tensor.dtype.clone());
        let warning = Warning::Overflow { tensor: name, dtype };
        control.tell(Event::Warning(&warning));
        report.warnings.push(warning);
    }
    report.tensors.push(tensor);
}
