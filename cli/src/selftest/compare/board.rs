//! The tallies of all subjects.

use super::mismatch::Scene;
use super::output::Output;
use super::{Kernel, Placed, Tally};
use crate::selftest::subject::Subject;

/// The subjects and what was counted of each, by kernel.
#[derive(Clone, Debug)]
pub(in crate::selftest) struct Board {
    entries: Vec<(Subject, [Tally; Kernel::ALL.len()])>,
}

impl Board {
    /// Nothing counted yet.
    pub(in crate::selftest) fn new(subjects: impl IntoIterator<Item = Subject>) -> Self {
        Self { entries: subjects.into_iter().map(|s| (s, Default::default())).collect() }
    }

    /// The sum of two boards of the same subjects, of which `later` was counted later.
    pub(in crate::selftest) fn merge(mut self, later: Self) -> Self {
        for ((_, ours), (_, theirs)) in self.entries.iter_mut().zip(later.entries) {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                *ours = std::mem::take(ours).merge(theirs);
            }
        }
        self
    }

    /// The same counts, with all subjects on at most `threads` threads from here on.
    pub(in crate::selftest) fn set_threads(&mut self, threads: usize) {
        for (subject, _) in &mut self.entries {
            *subject = subject.threads(threads);
        }
    }

    /// What was counted.
    pub(in crate::selftest) fn into_entries(
        self,
    ) -> impl Iterator<Item = (Subject, [Tally; Kernel::ALL.len()])> {
        self.entries.into_iter()
    }

    /// Every subject with its tally for a kernel.
    pub(super) fn of(&mut self, kernel: Kernel) -> impl Iterator<Item = (Subject, &mut Tally)> {
        self.entries.iter_mut().map(move |(s, tallies)| (*s, &mut tallies[kernel as usize]))
    }
}

/// Compares values with the reference's, and looks whether anything else was written to.
/// `index_of` is the index of the input that an output belongs to.
pub(super) fn compare<T: Copy, V: Output>(
    tally: &mut Tally,
    subject: Subject,
    scene: &Scene<'_, T>,
    expected: &[V],
    found: &Placed<V>,
    index_of: impl Fn(usize) -> Option<usize>,
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
