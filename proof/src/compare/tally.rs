//! Counts results and differences.

use serde::Serialize;

use super::Mismatch;

/// How many results were compared, how many differed, and how the first one did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Results that were compared.
    pub cases: u64,
    /// Compared results that differed.
    pub mismatches: u64,
    /// The first result that differed.
    pub first_mismatch: Option<Box<Mismatch>>,
}

impl Tally {
    /// Counts one result.
    pub(super) fn count(&mut self, same: bool, mismatch: impl FnOnce() -> Mismatch) {
        self.cases += 1;
        if !same {
            self.mismatches += 1;
            self.first_mismatch.get_or_insert_with(|| Box::new(mismatch()));
        }
    }

    /// Counts so many results that do not differ.
    pub(super) fn same(&mut self, cases: usize) {
        self.cases += cases as u64;
    }

    /// Adds what was counted later.
    pub fn merge(self, later: Self) -> Self {
        Self {
            cases: self.cases + later.cases,
            mismatches: self.mismatches + later.mismatches,
            first_mismatch: self.first_mismatch.or(later.first_mismatch),
        }
    }
}
