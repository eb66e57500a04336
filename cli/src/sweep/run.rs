//! Runs the command: its arguments, the sweep and the output.

use absmax_checkpoint::{SweepReport, sweep};
use anyhow::Result;
use serde::Serialize;

use super::args::Args;
use super::curves::Curves;
use super::grids::Grids;
use super::text::text;
use crate::console::Console;
use crate::explain::{Advice, explain};
use crate::interrupt;
use crate::plot::PlotFile;

const ADVICE: Advice = Advice { ignore: "leaves it out", requantize: "" };

/// What `--json` prints.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    report: &'a SweepReport,
    /// Files that were written.
    plots: &'a [String],
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let options = args.options()?;
    interrupt::watch()?;
    let plots = args.plot.iter().map(PlotFile::create).collect::<Result<Vec<_>>>()?;
    let console = Console::new();
    let control = console.control();
    let report = args.threads.pool()?.install(|| sweep(&args.path, &options, &control));
    let mut report = report.map_err(|error| explain(error, ADVICE))?;
    let histogram = report.histogram.take();
    interrupt::check()?;
    let mut written = Vec::new();
    for plot in plots {
        written.push(match &histogram {
            Some(histogram) => plot.write(&Grids { histogram })?,
            None => plot.write(&Curves { report: &report })?,
        });
    }
    let json = || serde_json::to_string(&Json { report: &report, plots: &written });
    console.print(&if args.json { json()? } else { text(&report, &written) })
}
