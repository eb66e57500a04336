//! What was found, as plain data.

use serde::Serialize;

use crate::selftest::backends::Status;
use crate::selftest::checks::{Check, Division};
use crate::selftest::compare::{Board, Kernel, Mismatch, Tally};
use crate::selftest::effort::Effort;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub(in crate::selftest) struct Report {
    pub(in crate::selftest) passed: bool,
    pub(in crate::selftest) cpu: String,
    pub(in crate::selftest) threads: usize,
    pub(in crate::selftest) effort: Effort,
    pub(in crate::selftest) tried: &'static str,
    pub(in crate::selftest) backends: Vec<Status>,
    pub(in crate::selftest) checks: Vec<Outcome>,
    pub(in crate::selftest) division: Vec<Division>,
    pub(in crate::selftest) seconds: f64,
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub(in crate::selftest) struct Outcome {
    pub(in crate::selftest) check: &'static str,
    pub(in crate::selftest) about: &'static str,
    pub(in crate::selftest) seconds: f64,
    pub(in crate::selftest) backends: Vec<Counts>,
    /// Of the implementation that is wrong on purpose; `None` where it did not take part.
    pub(in crate::selftest) control: Option<Counts>,
}

/// What was counted of one backend, or of the control.
#[derive(Clone, Debug, Serialize)]
pub(in crate::selftest) struct Counts {
    pub(in crate::selftest) name: &'static str,
    pub(in crate::selftest) cases: u64,
    pub(in crate::selftest) mismatches: u64,
    pub(in crate::selftest) kernels: Vec<KernelCounts>,
}

/// What was counted of one kernel.
#[derive(Clone, Debug, Serialize)]
pub(in crate::selftest) struct KernelCounts {
    pub(in crate::selftest) kernel: Kernel,
    #[serde(flatten)]
    pub(in crate::selftest) tally: Tally,
}

impl Report {
    /// The same with its verdict: no backend differs, and every control does.
    pub(in crate::selftest) fn judged(self) -> Self {
        let passed = self.checks.iter().all(Outcome::passed)
            && self.division.iter().all(Division::passed)
            && self.checks.iter().any(|outcome| !outcome.backends.is_empty());
        Self { passed, ..self }
    }
}

impl Outcome {
    pub(in crate::selftest) fn new(check: Check, board: Board, seconds: f64) -> Self {
        let (mut backends, mut control) = (Vec::new(), None);
        for (subject, tallies) in board.into_entries() {
            let counts = Counts::new(subject.name(), tallies);
            if subject.is_control() {
                control = Some(counts);
            } else {
                backends.push(counts);
            }
        }
        Self { check: check.name, about: check.about, seconds, backends, control }
    }

    fn passed(&self) -> bool {
        let right = |counts: &Counts| counts.cases > 0 && counts.mismatches == 0;
        self.backends.iter().all(right) && self.toothless().next().is_none()
    }

    /// The kernels in which the control was not caught.
    pub(in crate::selftest) fn toothless(&self) -> impl Iterator<Item = Kernel> {
        let kernels = self.control.iter().flat_map(|counts| &counts.kernels);
        kernels.filter(|counts| counts.tally.mismatches == 0).map(|counts| counts.kernel)
    }
}

impl Counts {
    fn new(name: &'static str, tallies: [Tally; Kernel::ALL.len()]) -> Self {
        let kernels: Vec<KernelCounts> = Kernel::ALL
            .into_iter()
            .zip(tallies)
            .map(|(kernel, tally)| KernelCounts { kernel, tally })
            .filter(|counts| counts.tally.cases > 0)
            .collect();
        let sum = |of: fn(&Tally) -> u64| kernels.iter().map(|counts| of(&counts.tally)).sum();
        Self { name, cases: sum(|tally| tally.cases), mismatches: sum(|t| t.mismatches), kernels }
    }

    /// The first difference in each kernel.
    pub(in crate::selftest) fn first_mismatches(&self) -> impl Iterator<Item = &Mismatch> {
        self.kernels.iter().filter_map(|counts| counts.tally.first_mismatch.as_deref())
    }
}
