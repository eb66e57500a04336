//! What every check needs: subjects, effort, threads, and a way to say how far it is.

use absmax::Backend;
use rayon::prelude::*;

use crate::compare::Board;
use crate::effort::Effort;
use crate::subject::{Ratios, Subject};

/// A listener that is told how far a check is. A terminal shows a bar, and `()` shows nothing.
pub trait Progress: Sync {
    /// Something of so many steps begins.
    fn begin(&self, what: &'static str, steps: usize);

    /// A step is done. Steps end on any thread.
    fn step(&self);
}

impl Progress for () {
    fn begin(&self, _: &'static str, _: usize) {}

    fn step(&self) {}
}

/// What every check needs: whose results are compared, how much is tried, and who is told how far
/// it is.
///
/// ```
/// use absmax::Backend;
/// use absmax_proof::{Effort, Session};
///
/// let session = Session::new([Backend::best()], Effort::Normal);
/// assert_eq!(session.backends().count(), 1);
/// ```
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// How much is tried.
    pub effort: Effort,
    backends: [Option<Backend>; absmax::Isa::ALL.len()],
    ratios: Option<Ratios>,
    progress: &'a dyn Progress,
}

/// One in so many items has a control.
const CONTROLLED: usize = 4;

impl<'a> Session<'a> {
    /// A session that compares these backends, of which there are no more than names of instruction
    /// sets.
    pub fn new(backends: impl IntoIterator<Item = Backend>, effort: Effort) -> Self {
        let mut backends = backends.into_iter();
        let backends = [(); absmax::Isa::ALL.len()].map(|()| backends.next());
        Self { effort, backends, ratios: None, progress: &() }
    }

    /// Tells `progress` how far each check is.
    #[must_use]
    pub fn progress(self, progress: &'a dyn Progress) -> Self {
        Self { progress, ..self }
    }

    /// Compares these figures of [`absmax::ErrorStats`], too. A caller that has absmax with `std`
    /// hands in `|stats| [stats.sqnr_db(), stats.cosine()]`.
    #[must_use]
    pub fn ratios(self, ratios: Ratios) -> Self {
        Self { ratios: Some(ratios), ..self }
    }

    /// The backends that are compared.
    pub fn backends(&self) -> impl Iterator<Item = Backend> + '_ {
        self.backends.iter().copied().flatten()
    }

    /// Tells the reader that something of so many steps begins.
    pub(crate) fn begin(&self, what: &'static str, steps: usize) {
        self.progress.begin(what, steps);
    }

    /// Tells the reader that a step is done.
    pub(crate) fn step(&self) {
        self.progress.step();
    }

    /// A board on which nothing is counted yet, of the backends and the control.
    pub fn board(&self) -> Board {
        let backends = self.backends().map(|backend| Subject::Backend(backend, 0));
        Board::new(backends.chain([Subject::Control]), self.ratios)
    }

    /// A board of the backends alone, without the control.
    pub fn board_without_control(&self) -> Board {
        Board::new(self.backends().map(|backend| Subject::Backend(backend, 0)), self.ratios)
    }

    /// Tries all items, on all threads, each on an `empty` board, and adds up in the items' order.
    /// The control takes part in some of them.
    pub fn over<T: Clone + Sync>(
        &self,
        what: &'static str,
        empty: &Board,
        items: impl IntoIterator<Item = T>,
        check: impl Fn(&mut Board, T) + Sync,
    ) -> Board {
        let items: Vec<T> = items.into_iter().collect();
        self.begin(what, items.len());
        self.over_each(empty, items.len(), &|board, i| check(board, items[i].clone()))
    }

    /// [`Session::over`] the indices of items. It is compiled once for all kinds of items.
    fn over_each(
        &self,
        empty: &Board,
        items: usize,
        check: &(dyn Fn(&mut Board, usize) + Sync),
    ) -> Board {
        let one = |i| {
            let mut board = empty.clone();
            board.set_control(i % CONTROLLED == 0);
            check(&mut board, i);
            self.step();
            board
        };
        (0..items).into_par_iter().map(one).reduce(|| empty.clone(), Board::merge)
    }
}
