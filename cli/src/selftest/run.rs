//! Runs the selftest: the proof, its text and the verdict.

use std::process::ExitCode;

use absmax_proof::{Status, prove};

use super::args::Args;
use super::bar::Bar;
use super::table::text;
use crate::console::Console;

/// Runs the selftest and prints what it found.
///
/// # Errors
///
/// If the backend asked for is not available, threads cannot be started, or standard output cannot
/// be written to. A mismatch is no error but an exit code.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let backends = args.isa.map_or_else(|| Ok(Status::all()), Status::only)?;
    let bar = Bar::new();
    let report =
        prove(backends, args.effort(), Some(|stats| [stats.sqnr_db(), stats.cosine()]), &bar)?;
    drop(bar);
    let text = if args.json { serde_json::to_string_pretty(&report)? } else { text(&report) };
    Console::new().print(&text)?;
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
