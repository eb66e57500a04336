//! The whole command.

use std::path::PathBuf;

use absmax_checkpoint::{Control, InspectOptions, inspect};
use anyhow::Result;

use super::text::text;
use crate::console::Console;
use crate::interrupt;
use crate::pool::{self, pool};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A model directory or one safetensors file
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = pool::thread_count)]
    pub(crate) threads: usize,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    interrupt::watch()?;
    let console = Console::new();
    let control =
        Control::new().with_cancel(interrupt::flag()).with_events(|event| console.follow(event));
    let options = InspectOptions::default();
    let report = pool(args.threads)?.install(|| inspect(&args.path, &options, &control))?;
    console.print(&if args.json { serde_json::to_string(&report)? } else { text(&report) })
}
