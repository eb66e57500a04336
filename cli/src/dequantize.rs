//! `absmax dequantize` converts a quantized checkpoint back to floating point.

use std::path::PathBuf;

use absmax_checkpoint::{DequantizeOptions, dequantize};
use anyhow::{Context as _, Result};

use crate::console::Console;
use crate::explain::{Advice, explain};
use crate::interrupt;
use crate::pool::Threads;
use crate::text::grouped;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A directory that holds a quantized model in the form of compressed-tensors, or in FP8
    #[arg(value_name = "SRC")]
    pub(crate) source: PathBuf,

    /// The directory to make
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,

    #[command(flatten)]
    pub(crate) threads: Threads,

    /// Let OUT exist: files of the same names are replaced
    #[arg(long)]
    pub(crate) force: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    interrupt::watch()?;
    let console = Console::new();
    let mut options = DequantizeOptions::default();
    options.replace = args.force;
    let control = console.control();
    let report = args
        .threads
        .pool()?
        .install(|| dequantize(&args.source, &args.output, &options, &control))
        .map_err(|error| explain(error, Advice::default()))?;
    let output = args.output.display();
    let text = format!(
        "dequantized {} of {} tensors: weight files of {} bytes in {output}",
        report.quantized,
        report.tensors,
        grouped(report.bytes),
    );
    console.print(&text).with_context(|| format!("{output} is complete"))
}
