//! What every check needs: subjects, effort, threads, and a way to say how far it is.

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;

use super::compare::Board;
use super::effort::Effort;
use super::subject::Subject;

/// What every check needs.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) subjects: Vec<Subject>,
    pub(super) effort: Effort,
    bar: ProgressBar,
}

/// One in how many items has a control.
const CONTROLLED: usize = 4;

impl Session {
    pub(super) fn new(subjects: Vec<Subject>, effort: Effort) -> Self {
        // On stderr, and only where that is a terminal.
        let bar = ProgressBar::no_length();
        let style = "{msg:20} {wide_bar} {percent:>3}%  {elapsed} of {duration}, {eta} to go";
        bar.set_style(ProgressStyle::with_template(style).expect("the template is well-formed"));
        Self { subjects, effort, bar }
    }

    /// Tells the reader that something of so many steps begins.
    pub(super) fn begin(&self, what: &'static str, steps: usize) {
        self.bar.reset();
        self.bar.set_message(what);
        self.bar.set_length(steps as u64);
    }

    /// Tells the reader that a step is done.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }

    /// Leaves no trace on the terminal.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// A board on which nothing is counted yet.
    pub(super) fn board(&self) -> Board {
        Board::new(self.subjects.iter().copied())
    }

    /// The board of the backends alone.
    pub(super) fn board_without_control(&self) -> Board {
        Board::new(self.subjects.iter().copied().filter(|subject| !subject.is_control()))
    }

    /// Tries all items, on all threads, each on an `empty` board, and adds up in the items' order. The
    /// control takes part in some of them.
    pub(super) fn over<I>(
        &self,
        what: &'static str,
        empty: &Board,
        items: I,
        check: impl Fn(&mut Board, I::Item) + Sync,
    ) -> Board
    where
        I: IntoParallelIterator<Iter: IndexedParallelIterator>,
    {
        let items = items.into_par_iter();
        self.begin(what, items.len());
        let one = |(i, item)| {
            let mut board = empty.clone();
            board.set_control(i % CONTROLLED == 0);
            check(&mut board, item);
            self.step();
            board
        };
        items.enumerate().map(one).reduce(|| empty.clone(), Board::merge)
    }
}
