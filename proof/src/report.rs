//! The report of a proof, as plain data.

use std::env::consts::{ARCH, OS};

use serde::Serialize;

use crate::checks::Division;
use crate::compare::Outcome;
use crate::effort::Effort;
use crate::status::Status;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The verdict: no backend differs, and every control does.
    pub passed: bool,
    /// The CPU.
    pub cpu: String,
    /// Threads of the pool.
    pub threads: usize,
    /// How much was tried.
    pub effort: Effort,
    /// What was tried, in words.
    pub tried: &'static str,
    /// Which backends ran, and why the others did not.
    pub backends: Vec<Status>,
    /// What each check found.
    pub checks: Vec<Outcome>,
    /// What the enumeration of the division found, on each backend.
    pub division: Vec<Division>,
    /// How many seconds the whole proof took.
    pub seconds: f64,
}

impl Report {
    /// This report with its verdict.
    pub(crate) fn judged(self) -> Self {
        let passed = self.checks.iter().all(Outcome::passed)
            && self.division.iter().all(Division::passed)
            && !self.checks.is_empty();
        Self { passed, ..self }
    }
}

/// The CPU's model where the system tells it without a call, and the architecture.
pub fn cpu_name() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| Some(line.split_once(':')?.1.trim()));
    match model {
        Some(model) => format!("{model} ({ARCH}, {OS})"),
        None => format!("{ARCH}, {OS}"),
    }
}
