//! The board that keeps the tallies of all subjects.

use absmax::Result;

use super::mismatch::Scene;
use super::{Kernel, Outcome, Placed, Tally};
use crate::inputs::Value;
use crate::subject::{Ratios, Subject};

/// The subjects and what was counted of each, by kernel.
#[derive(Clone, Debug)]
pub struct Board {
    entries: Vec<(Subject, [Tally; Kernel::ALL.len()])>,
    ratios: Option<Ratios>,
    /// Whether the control takes no part from here on.
    control_rests: bool,
}

impl Board {
    /// A board on which nothing has been counted. With `ratios`, these are compared in error
    /// statistics too.
    pub fn new(subjects: impl IntoIterator<Item = Subject>, ratios: Option<Ratios>) -> Self {
        let entries = subjects.into_iter().map(|s| (s, Default::default())).collect();
        Self { entries, ratios, control_rests: false }
    }

    /// The sum of two boards of the same subjects, of which `later` was counted later.
    pub fn merge(mut self, later: Self) -> Self {
        for ((_, ours), (_, theirs)) in self.entries.iter_mut().zip(later.entries) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                *ours = std::mem::take(ours).merge(theirs);
            }
        }
        self
    }

    /// Has all subjects run on at most `threads` threads from here on.
    pub fn set_threads(&mut self, threads: usize) {
        for (subject, _) in &mut self.entries {
            *subject = subject.threads(threads);
        }
    }

    /// Says whether the control takes part from here on. It is slow, and is soon caught.
    pub fn set_control(&mut self, takes_part: bool) {
        self.control_rests = !takes_part;
    }

    /// What was counted.
    pub fn outcome(self) -> Outcome {
        Outcome::new(self.entries)
    }

    pub(super) fn ratios(&self) -> Option<Ratios> {
        self.ratios
    }

    /// Every subject that takes part with its tally for a kernel.
    pub(super) fn of(&mut self, kernel: Kernel) -> impl Iterator<Item = (Subject, &mut Tally)> {
        let rests = self.control_rests;
        let taking_part = self.entries.iter_mut().filter(move |(s, _)| !(rests && s.is_control()));
        taking_part.map(move |(s, tallies)| (*s, &mut tallies[kernel as usize]))
    }

    /// Lets every subject `run` on the scene's input and compares what it writes with `expected`.
    /// `index_of` is the index of the input that an output belongs to.
    pub(super) fn written<T: Value, V: Value>(
        &mut self,
        scene: &Scene<'_, T>,
        expected: &[V],
        index_of: &dyn Fn(usize) -> Option<usize>,
        run: &dyn Fn(Subject, &mut [V]) -> Result<()>,
    ) {
        for (subject, tally) in self.of(scene.kernel) {
            let mut found = Placed::filled(expected.len(), scene.x.other_offset(), V::UNTOUCHED);
            match run(subject, &mut found) {
                Ok(()) => compare(tally, subject, scene, expected, &found, index_of),
                Err(error) => tally.count(false, || {
                    scene.mismatch(subject, None, "no error".to_owned(), error.to_string())
                }),
            }
        }
    }
}

/// Compares values with the reference's, and looks whether anything else was written to.
/// `index_of` is the index of the input that an output belongs to.
pub(super) fn compare<T: Value, V: Value>(
    tally: &mut Tally,
    subject: Subject,
    scene: &Scene<'_, T>,
    expected: &[V],
    found: &Placed<V>,
    index_of: &dyn Fn(usize) -> Option<usize>,
) {
    if V::are_same(expected, found) {
        tally.same(expected.len());
    } else {
        for (i, (expected, found)) in expected.iter().zip(found.iter()).enumerate() {
            tally.count(expected.is_same(*found), || {
                scene.mismatch(subject, index_of(i), expected.text(), found.text())
            });
        }
    }
    if !found.guards().all(|guard| guard.is_same(V::UNTOUCHED)) {
        tally.count(false, || {
            let expected = "nothing written outside the output".to_owned();
            scene.mismatch(subject, None, expected, "something was".to_owned())
        });
    }
}
