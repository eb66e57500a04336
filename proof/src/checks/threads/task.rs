//! A task that is large enough to be divided among threads.

use crate::compare::Board;

/// The shape of tensors that are divided among threads. They have more than 2^19 elements, which
/// are not a whole number of chunks.
pub(super) const ROWS: [usize; 2] = [1111, 577];
pub(super) const PLANES: [usize; 3] = [11, 101, 577];

pub(super) const LEN: usize = ROWS[0] * ROWS[1];
const _: () = assert!(LEN == PLANES[0] * PLANES[1] * PLANES[2]);

/// Inputs, and what the reference makes of them.
pub(super) trait Task: Send + Sync {
    /// Compares what every subject makes of the inputs.
    fn compare(&self, board: &mut Board, offset: usize);
}
