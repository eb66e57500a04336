//! The events of an operation.

use std::path::Path;

use crate::report::{TensorReport, Warning, WrittenFile};

/// Something that happened, for the callback of a [`Control`](crate::Control).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Work was done. The first of these has nothing done; the last one has all done, if the
    /// operation succeeds. All bytes are done before files are given their names.
    Progress(Progress),
    /// There is something to know. The operation goes on.
    Warning(&'a Warning),
    /// What `quantize` is going to do with every tensor, before it begins: in the order
    /// of the files and of their data.
    Planned(&'a [TensorReport]),
    /// `quantize` is done with a tensor. There is one for each of [`Event::Planned`], in that
    /// order; those of tensors that are kept have no `error`.
    Tensor(&'a TensorReport),
    /// A file of OUT, by its relative path, is written and is being flushed to disk, which cannot
    /// be cancelled and may take long.
    Flushing(&'a Path),
    /// A file of OUT is on disk, under a temporary name until all are.
    Written(&'a WrittenFile),
}

/// How far an operation is, in bytes: those that it reads from the source, once for each time, and
/// those that it reads back of what it has written.
///
/// ```
/// let progress = absmax_checkpoint::Progress { done: 1, total: 4 };
/// assert_eq!(progress.fraction(), 0.25);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes so far. From one event to the next it never falls.
    pub done: u64,
    /// Bytes in all, the same in every event of an operation.
    pub total: u64,
}

impl Progress {
    /// The part of the work that is done, from 0 to 1.
    pub fn fraction(&self) -> f64 {
        if self.total == 0 { 1.0 } else { self.done as f64 / self.total as f64 }
    }
}
