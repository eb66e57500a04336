//! What was counted on a board, as plain data.

use std::fmt;

use serde::Serialize;

use super::{Kernel, Mismatch, Tally};
use crate::subject::Subject;

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The name of the check, or nothing for a board that no check made.
    pub check: &'static str,
    /// What was tried, for the reader.
    pub about: &'static str,
    /// How long it took.
    pub seconds: f64,
    /// What was counted of each backend.
    pub backends: Vec<Counts>,
    /// What was counted of the control, which is wrong on purpose; `None` if it did not take part.
    pub control: Option<Counts>,
}

/// What was counted of one backend, or of the control.
#[derive(Clone, Debug, Serialize)]
pub struct Counts {
    /// The name of the instruction set, or `control`.
    pub name: &'static str,
    /// Results that were compared.
    pub cases: u64,
    /// Compared results that differed.
    pub mismatches: u64,
    /// The cases and the mismatches of each operation that was compared.
    pub kernels: Vec<KernelCounts>,
}

/// What was counted of one kernel.
#[derive(Clone, Debug, Serialize)]
pub struct KernelCounts {
    /// The operation.
    pub kernel: Kernel,
    /// What was counted.
    #[serde(flatten)]
    pub tally: Tally,
}

impl Outcome {
    pub(super) fn new(
        entries: impl IntoIterator<Item = (Subject, [Tally; Kernel::ALL.len()])>,
    ) -> Self {
        let (mut backends, mut control) = (Vec::new(), None);
        for (subject, tallies) in entries {
            let counts = Counts::new(subject.name(), tallies);
            if subject.is_control() {
                control = Some(counts);
            } else {
                backends.push(counts);
            }
        }
        Self { check: "", about: "", seconds: 0.0, backends, control }
    }

    /// Whether something was compared, no backend differed, and the control did in every operation.
    pub fn passed(&self) -> bool {
        let right = |counts: &Counts| counts.cases > 0 && counts.mismatches == 0;
        !self.backends.is_empty()
            && self.backends.iter().all(right)
            && self.toothless().next().is_none()
    }

    /// The kernels in which the control was not caught.
    pub fn toothless(&self) -> impl Iterator<Item = Kernel> {
        let kernels = self.control.iter().flat_map(|counts| &counts.kernels);
        kernels.filter(|counts| counts.tally.mismatches == 0).map(|counts| counts.kernel)
    }
}

/// Writes a line for the first mismatch of each operation, and for each operation in which the
/// control was not caught.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.check.is_empty() { "" } else { " in " };
        for mismatch in self.backends.iter().flat_map(Counts::first_mismatches) {
            writeln!(f, "MISMATCH{of}{}: {mismatch}", self.check)?;
        }
        for kernel in self.toothless() {
            writeln!(f, "NO TEETH{of}{}: a wrong {} was not caught", self.check, kernel.name())?;
        }
        Ok(())
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
    pub fn first_mismatches(&self) -> impl Iterator<Item = &Mismatch> {
        self.kernels.iter().filter_map(|counts| counts.tally.first_mismatch.as_deref())
    }
}
