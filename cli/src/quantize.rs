//! `absmax quantize`: plan, write, report.

use std::io;
use std::time::Instant;

use absmax::{Backend, Isa};
use anyhow::{Context as _, Result, anyhow};
use rayon::ThreadPoolBuilder;

use crate::args::QuantizeArgs;
use crate::console::Console;
use crate::interrupt;
use crate::memory;
use crate::text::{TensorLines, grouped, overflow, summary};
use absmax_checkpoint::plan::plan::{Content, Output, Plan};
use absmax_checkpoint::plan::rules::refuse_quantized;
use absmax_checkpoint::quantize::report::{Outcome, Report, TensorReport, worst};
use absmax_checkpoint::quantize::shard::ShardWriter;
use absmax_checkpoint::read::pieces::Workshop;
use absmax_checkpoint::source::checkpoint::Checkpoint;
use absmax_checkpoint::write::destination::Destination;
use absmax_checkpoint::write::stage::{Stage, Written};

/// The whole command.
pub(crate) fn run(args: &QuantizeArgs) -> Result<()> {
    let scheme = args.weight_scheme();
    interrupt::watch()?;
    let started = Instant::now();
    let backend = backend(args.isa)?;
    let pool = ThreadPoolBuilder::new()
        .num_threads(args.threads)
        .build()
        .with_context(|| format!("cannot start {} threads", args.threads))?;

    let checkpoint = Checkpoint::open(&args.source)?;
    refuse_quantized(&checkpoint)?;
    let (source, left_out) = (checkpoint.source.clone(), checkpoint.left_out.clone());
    let plan = Plan::new(checkpoint, scheme, &args.ignore, &args.overrides)?;
    let destination = args
        .output
        .as_ref()
        .map(|out| {
            let names: Vec<_> = plan.outputs.iter().map(|output| output.name.clone()).collect();
            Destination::check(out, &source, &names, args.force)
        })
        .transpose()?;

    let bytes_before = plan.shards().map(|(_, shard)| shard.source_len).sum();
    let bytes_after = plan.shards().map(|(_, shard)| shard.layout.file_len()).sum();
    let mut report = Report {
        source: source.display().to_string(),
        output: destination.as_ref().map(|destination| destination.path.display().to_string()),
        dry_run: args.dry_run,
        scheme,
        clip: args.clip,
        isa: backend.isa(),
        threads: pool.current_num_threads(),
        warnings: plan.warnings.clone(),
        tensors: Vec::new(),
        ignore: plan.ignore.clone(),
        files: Vec::new(),
        left_out,
        bytes_before,
        bytes_after,
        ratio: bytes_before as f64 / bytes_after as f64,
        outcome: None,
    };
    let console = Console::new(if args.dry_run { 0 } else { bytes_before });
    report.warnings.iter().for_each(|warning| console.warn(warning));

    let run = Run { args, plan: &plan, backend, console: &console };
    match destination.filter(|_| !args.dry_run) {
        None => run.show(&mut report)?,
        Some(destination) => {
            let result = pool.install(|| run.write(&destination, &mut report));
            result.map_err(|error| explain_full_disk(error, &plan))?;
            let seconds = started.elapsed().as_secs_f64();
            report.outcome = Some(Outcome {
                worst: worst(&report.tensors),
                seconds,
                gigabytes_per_second: bytes_before as f64 / 1e9 / seconds,
                peak_memory_bytes: memory::peak(),
            });
        }
    }
    let text = if args.json { serde_json::to_string(&report)? } else { summary(&report) };
    let written = report.output.filter(|_| !args.dry_run);
    console.print(&text).map_err(|error| match written {
        Some(output) => error.context(format!("{output} is complete")),
        None => error,
    })
}

struct Run<'a> {
    args: &'a QuantizeArgs,
    plan: &'a Plan,
    backend: Backend,
    console: &'a Console,
}

impl Run<'_> {
    /// A dry run: the plan and nothing else.
    fn show(&self, report: &mut Report) -> Result<()> {
        for Output { name, content } in &self.plan.outputs {
            report.files.push(Written {
                name: name.display().to_string(),
                bytes: content.len()?,
                sha256: None,
            });
        }
        report.tensors = self.planned();
        let lines = self.lines();
        report.tensors.iter().try_for_each(|tensor| self.print_line(&lines, tensor))
    }

    fn write(&self, destination: &Destination, report: &mut Report) -> Result<()> {
        let mut stage = Stage::new(destination)?;
        let writer = ShardWriter {
            backend: self.backend,
            clip: self.args.clip,
            workshop: Workshop::default(),
        };
        let lines = self.lines();
        for Output { name, content } in &self.plan.outputs {
            let mut write = || {
                let draft = stage.draft(name)?;
                let advance = |bytes| self.console.advance(bytes);
                match content {
                    Content::Shard(shard) => {
                        writer.write(shard, draft.file(), advance, |tensor, quantized| {
                            let overflows = quantized.as_ref().is_some_and(|q| q.overflows);
                            let stats = quantized.map(|quantized| quantized.stats);
                            let tensor = TensorReport::new(name, tensor, stats);
                            self.print_line(&lines, &tensor)?;
                            if overflows {
                                let warning = overflow(&tensor.name, &tensor.dtype);
                                self.console.warn(&warning);
                                report.warnings.push(warning);
                            }
                            report.tensors.push(tensor);
                            Ok(())
                        })?;
                    }
                    Content::Text(text) => draft.write_all(text.as_bytes())?,
                    Content::Copy(source) => draft.copy(source)?,
                }
                self.console.say("flushing");
                stage.add(draft)
            };
            let written = write().with_context(|| name.display().to_string())?;
            report.files.push(written);
            self.console.say("");
        }
        interrupt::check()?;
        stage.commit()
    }

    fn planned(&self) -> Vec<TensorReport> {
        let tensors = self.plan.shards().flat_map(|(name, shard)| {
            shard.tensors.iter().map(|tensor| TensorReport::new(name, tensor, None))
        });
        tensors.collect()
    }

    fn lines(&self) -> TensorLines {
        TensorLines::new(&self.planned())
    }

    fn print_line(&self, lines: &TensorLines, tensor: &TensorReport) -> Result<()> {
        if self.args.json { Ok(()) } else { self.console.print(&lines.line(tensor)) }
    }
}

fn backend(isa: Option<Isa>) -> Result<Backend> {
    let Some(isa) = isa else { return Ok(Backend::best()) };
    Backend::new(isa).ok_or_else(|| {
        let available: Vec<_> = Backend::available().map(|b| b.isa().name()).collect();
        anyhow!("this CPU does not have {isa}: available are {}", available.join(", "))
    })
}

/// The one error that the size of the whole explains.
fn explain_full_disk(error: anyhow::Error, plan: &Plan) -> anyhow::Error {
    let is_full = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::StorageFull)
    };
    if !error.chain().any(is_full) {
        return error;
    }
    let needed = plan.outputs.iter().filter_map(|output| output.content.len().ok()).sum();
    error.context(format!("OUT takes {} bytes and there is less room", grouped(needed)))
}
