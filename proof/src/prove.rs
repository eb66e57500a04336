//! Runs the whole proof: every check, the report and the verdict.

use std::time::Instant;

use crate::checks::{divisions, of};
use crate::effort::Effort;
use crate::error::Result;
use crate::report::{Report, cpu_name};
use crate::session::{Progress, Session};
use crate::status::Status;
use crate::subject::Ratios;

/// Runs all checks of an effort on the backends that are to run, then the enumeration behind the
/// exact division.
///
/// # Errors
///
/// If threads cannot be started. A mismatch is no error, but makes the report one that has not
/// passed.
///
/// ```no_run
/// use absmax_proof::{Effort, Status, prove};
///
/// let report = prove(Status::all(), Effort::Normal, None, &())?;
/// assert!(report.passed);
/// # Ok::<(), absmax_proof::Error>(())
/// ```
pub fn prove(
    backends: Vec<Status>,
    effort: Effort,
    ratios: Option<Ratios>,
    progress: &dyn Progress,
) -> Result<Report> {
    let start = Instant::now();
    let session = Session::new(backends.iter().filter_map(Status::running), effort);
    let session = session.progress(progress);
    let session = ratios.map_or(session, |ratios| session.ratios(ratios));
    let checks = of(effort).iter().map(|check| check.run(&session)).collect::<Result<_>>()?;
    let division = divisions(&session);
    let report = Report {
        passed: false,
        cpu: cpu_name(),
        threads: rayon::current_num_threads(),
        effort,
        tried: effort.tried(),
        backends,
        checks,
        division,
        seconds: start.elapsed().as_secs_f64(),
    };
    Ok(report.judged())
}
