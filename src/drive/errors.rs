//! Computes the sums behind the error metrics, block by block.

use alloc::vec;

use super::parallel;
use crate::Backend;
use crate::kernel::{ErrorSums, Sums};
use crate::simd::Value;

/// The number of values whose sums are computed before they are added to the total.
const BLOCK: usize = 1 << 14;

/// The sums of `x` and `y`, which have the same length. The sums of the blocks are added in order,
/// whichever thread computed them.
pub(crate) fn error_sums<T: Value>(backend: Backend, x: &[T], y: &[f32]) -> Sums {
    let mut sums = vec![Sums::default(); x.len().div_ceil(BLOCK)];
    let blocks = x.chunks(BLOCK).zip(y.chunks(BLOCK)).zip(&mut sums);
    parallel::for_each(blocks, x.len(), backend.threads(), |((x, y), sums)| {
        *sums = backend.run(ErrorSums { x, y });
    });
    sums.into_iter().fold(Sums::default(), Sums::merge)
}
