//! Runs the command: its arguments, the comparison and the output.

use std::path::PathBuf;

use absmax_checkpoint::{CompareOptions, CompareReport, ComparedTensor, compare};
use anyhow::{Result, ensure};

use super::text::text;
use crate::console::Console;
use crate::interrupt;
use crate::pool::Threads;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the other is compared with: a model directory or one safetensors file
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,

    /// The other. Errors are those of its values, or of the products of its integers and scales
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,

    /// Exit with 1 if a tensor's signal to quantization noise ratio is below so many decibels, or
    /// if a tensor of A is not in B or of a type that cannot be compared, and different
    #[arg(long, value_name = "DB", value_parser = decibels, allow_negative_numbers = true)]
    pub(crate) fail_below: Option<f64>,

    #[command(flatten)]
    pub(crate) threads: Threads,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    interrupt::watch()?;
    let console = Console::new();
    let control = console.control();
    let options = CompareOptions::default();
    let report = args.threads.pool()?.install(|| compare(&args.a, &args.b, &options, &control))?;
    console.print(&if args.json { serde_json::to_string(&report)? } else { text(&report) })?;
    args.fail_below.map_or(Ok(()), |least| check(&report, least))
}

/// Fails if a tensor has fewer decibels, or cannot be found again.
fn check(report: &CompareReport, least: f64) -> Result<()> {
    let is_below =
        |tensor: &&ComparedTensor| tensor.error.sqnr_db < least || tensor.error.sqnr_db.is_nan();
    let below: Vec<_> = report.tensors.iter().filter(is_below).collect();
    let worst =
        below.first().map(|tensor| format!("{} has {:.2} dB", tensor.name, tensor.error.sqnr_db));
    let worst = worst.unwrap_or_default();
    ensure!(below.is_empty(), "{} tensors are below {least} dB: {worst}", below.len());
    let differing = report.other.iter().filter(|other| !other.identical);
    let lost: Vec<&String> =
        report.only_in_a.iter().chain(differing.map(|other| &other.name)).collect();
    let first = lost.first().map_or("", |name| name);
    ensure!(lost.is_empty(), "{} tensors of A cannot be found again in B: {first}", lost.len());
    Ok(())
}

fn decibels(text: &str) -> Result<f64, String> {
    let finite = text.parse().ok().filter(|decibels: &f64| decibels.is_finite());
    finite.ok_or_else(|| "has to be a finite number".to_owned())
}
