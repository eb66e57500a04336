//! Runs the command: its arguments, the inspection and the output.

use std::path::PathBuf;

use absmax_checkpoint::{InspectOptions, inspect};
use anyhow::Result;

use super::text::text;
use crate::console::Console;
use crate::interrupt;
use crate::pool::Threads;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A model directory or one safetensors file
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

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
    let options = InspectOptions::default();
    let report = args.threads.pool()?.install(|| inspect(&args.path, &options, &control))?;
    console.print(&if args.json { serde_json::to_string(&report)? } else { text(&report) })
}
