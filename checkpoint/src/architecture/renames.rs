//! The names on disk of the modules of one class.

use std::collections::BTreeSet;

use super::names::with_prefix;
use super::table::Line;

/// The names on disk of the modules of one class.
#[derive(Debug, Default)]
pub(super) struct Renames {
    renames: Vec<(&'static str, &'static str)>,
    also: Vec<(&'static str, &'static str)>,
}

impl Renames {
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut all = Self::default();
        for line in lines {
            match *line {
                Line::Rename { running, stored } => all.renames.push((running, stored)),
                Line::Also { stored, also } => all.also.push((stored, also)),
                _ => {}
            }
        }
        all
    }

    /// The names on disk of a module: its own, and those that the longest line that fits gives it.
    /// Both are found in practice, since models can be stored either way.
    pub(super) fn stored(&self, running: &str) -> BTreeSet<String> {
        let fits = |&(from, to): &(&str, &str)| {
            if from == running {
                return Some((usize::MAX, to.to_owned()));
            }
            Some((from.len(), with_prefix(running, from, to)?))
        };
        let all: Vec<_> = self.renames.iter().filter_map(fits).collect();
        let longest = all.iter().map(|(len, _)| *len).max();
        let best = all.into_iter().filter(|(len, _)| Some(*len) == longest);
        let mut stored: BTreeSet<String> = best.map(|(_, stored)| stored).collect();
        stored.insert(running.to_owned());
        let also = |name: &String| {
            self.also
                .iter()
                .filter_map(|(from, to)| with_prefix(name, from, to))
                .collect::<Vec<_>>()
        };
        let others: Vec<String> = stored.iter().flat_map(also).collect();
        stored.extend(others);
        stored
    }
}
