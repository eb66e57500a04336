//! Runs the command: its arguments, the quantization and the output.

use std::path::Path;

use absmax_checkpoint::{Control, Event, QuantizeOptions, QuantizeReport, plan_quantize, quantize};
use anyhow::Result;

use super::args::Args;
use super::json::json;
use super::text::{TensorLines, summary};
use crate::console::Console;
use crate::explain::{Advice, explain};
use crate::{interrupt, memory};

const ADVICE: Advice = Advice {
    ignore: "keeps it as it is",
    requantize: " (--requantize quantizes it again, and loses twice)",
};

pub(crate) fn run(args: &Args) -> Result<()> {
    let options = args.options()?;
    interrupt::watch()?;
    let pool = args.threads.pool()?;
    let console = Console::new();
    let report = pool.install(|| match &args.output {
        Some(out) if !args.dry_run => write(args, out, &options, &console),
        out => plan(args, out.as_deref(), &options, &console),
    })?;
    let memory = memory::peak();
    let text = if args.json { json(&report, memory)? } else { summary(&report, memory) };
    let written = report.output.filter(|_| !args.dry_run);
    console.print(&text).map_err(|error| match written {
        Some(output) => error.context(format!("{output} is complete")),
        None => error,
    })
}

/// A dry run: the plan and nothing else.
fn plan(
    args: &Args,
    out: Option<&Path>,
    options: &QuantizeOptions,
    console: &Console,
) -> Result<QuantizeReport> {
    let control = console.control();
    let report = plan_quantize(&args.source, out, options, &control);
    let report = report.map_err(|error| explain(error, ADVICE))?;
    if !args.json {
        let lines = TensorLines::new(&report.tensors);
        report.tensors.iter().try_for_each(|tensor| console.print(&lines.line(tensor)))?;
    }
    Ok(report)
}

/// Shows each tensor as it is done. Where that cannot be shown, nothing is written.
fn write(
    args: &Args,
    out: &Path,
    options: &QuantizeOptions,
    console: &Console,
) -> Result<QuantizeReport> {
    let (mut lines, mut unprinted) = (TensorLines::new(&[]), Ok(()));
    let show = |event: Event<'_>| match event {
        Event::Planned(tensors) => lines = TensorLines::new(tensors),
        Event::Tensor(tensor) if !args.json && unprinted.is_ok() => {
            unprinted = console.print(&lines.line(tensor));
            if unprinted.is_err() {
                interrupt::request();
            }
        }
        event => console.follow(event),
    };
    let control = Control::new().with_cancel(interrupt::flag()).with_events(show);
    let report = quantize(&args.source, out, options, &control);
    drop(control);
    unprinted?;
    report.map_err(|error| explain(error, ADVICE))
}
