//! The run: every check, the report, the verdict.

use std::process::ExitCode;
use std::time::Instant;

use super::args::Args;
use super::backends::{Status, statuses};
use super::checks::{checks, divisions};
use super::report::{Outcome, Report, cpu_name, text};
use super::session::Session;
use super::subject::Subject;
use crate::console::Console;

/// Runs the selftest and prints what it found.
///
/// # Errors
///
/// If the backend asked for is not available, threads cannot be started, or standard output cannot
/// be written to. A mismatch is no error but an exit code.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let effort = args.effort();
    let backends = statuses(args.isa)?;
    let running = backends.iter().filter_map(Status::running);
    let subjects = running.map(|backend| Subject::Backend(backend, 0)).chain([Subject::Naive]);
    let session = Session::new(subjects.collect(), effort);

    let mut outcomes = Vec::new();
    for check in checks(effort) {
        let start = Instant::now();
        let board = (check.run)(&session)?;
        outcomes.push(Outcome::new(check, board, start.elapsed().as_secs_f64()));
    }
    let division = divisions(&session);
    session.end();

    let report = Report {
        passed: false,
        cpu: cpu_name(),
        threads: rayon::current_num_threads(),
        effort,
        tried: effort.tried(),
        backends,
        checks: outcomes,
        division,
        seconds: start.elapsed().as_secs_f64(),
    }
    .judged();

    let text = if args.json { serde_json::to_string_pretty(&report)? } else { text(&report) };
    Console::new().print(&text)?;
    Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
