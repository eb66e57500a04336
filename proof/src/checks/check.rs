//! A check, which looks for one kind of difference.

use std::time::Instant;

use crate::compare::{Board, Outcome};
use crate::error::Result;
use crate::session::Session;

/// A way to look for a difference.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The name of the check.
    pub name: &'static str,
    /// What is tried, for the reader.
    pub about: &'static str,
    pub(super) run: fn(&Session<'_>) -> Result<Board>,
}

impl Check {
    /// Tries the check on every backend of the session, and on the control where that takes part.
    ///
    /// # Errors
    ///
    /// If threads cannot be started. A mismatch is no error, but makes the outcome one that has not
    /// [passed](Outcome::passed).
    pub fn run(&self, session: &Session<'_>) -> Result<Outcome> {
        let start = Instant::now();
        let outcome = (self.run)(session)?.outcome();
        let seconds = start.elapsed().as_secs_f64();
        Ok(Outcome { check: self.name, about: self.about, seconds, ..outcome })
    }
}
