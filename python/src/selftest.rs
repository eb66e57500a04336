//! `selftest` and `isa`.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};

use absmax::Backend;
use absmax_proof::{Effort, Progress, Ratios, Status, prove};
use pyo3::prelude::*;

use crate::background;
use crate::error::refused;

/// Ends the proof by unwinding when it is to stop: the proof knows no other way.
struct Watch<'a>(&'a AtomicBool);

impl Progress for Watch<'_> {
    fn begin(&self, _: &'static str, _: usize) {}

    fn step(&self) {
        if self.0.load(Ordering::Relaxed) {
            resume_unwind(Box::new("stopped"));
        }
    }
}

/// Proves on this CPU that every kernel returns the bits of its reference, on each instruction set.
///
/// effort is "quick" (strides through everything), "normal" (less than a minute on two cores) or
/// "exhaustive" (all 2**32 floats as well). Ctrl-C stops it.
///
/// Returns the report as a dict, as `absmax selftest --json` has it; "passed" is what it comes to.
#[pyfunction]
#[pyo3(signature = (effort = "normal"))]
pub(crate) fn selftest<'py>(py: Python<'py>, effort: &str) -> PyResult<Bound<'py, PyAny>> {
    let effort = match effort {
        "quick" => Effort::Quick,
        "normal" => Effort::Normal,
        "exhaustive" => Effort::Exhaustive,
        _ => {
            let text = format!("effort: quick, normal or exhaustive expected, {effort:?} found");
            return Err(refused(text));
        }
    };
    let work = |cancel: &AtomicBool| {
        let ratios: Ratios = |stats| [stats.sqnr_db(), stats.cosine()];
        prove(Status::all(), effort, Some(ratios), &Watch(cancel))
    };
    let report = background::run(py, work, |_| Ok(()))?;
    let report = report.map_err(|error| refused(error.to_string()))?;
    let json = serde_json::to_string(&report).map_err(|error| refused(error.to_string()))?;
    py.import("json")?.call_method1("loads", (json,))
}

/// The instruction set that computes here: "avx512", "avx2", "neon" or "portable". It changes no
/// bit of any result.
#[pyfunction]
pub(crate) fn isa() -> &'static str {
    Backend::best().isa().name()
}
