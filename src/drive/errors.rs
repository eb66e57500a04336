//! Computes the sums behind the error metrics, stretch by stretch.

use alloc::vec;

use super::parallel;
use crate::Backend;
use crate::kernel::{ErrorSums, Sums};
use crate::simd::Value;

/// The number of values whose sums are computed before they are added to the total.
const STRETCH: usize = 1 << 14;

/// The sums of `x` and `y`, which have the same length. The sums of the stretches are added in order,
/// whichever thread computed them.
pub(crate) fn error_sums<T: Value>(backend: Backend, x: &[T], y: &[f32]) -> Sums {
    let mut sums = vec![Sums::default(); x.len().div_ceil(STRETCH)];
    let stretches = x.chunks(STRETCH).zip(y.chunks(STRETCH)).zip(&mut sums);
    parallel::for_each(stretches, x.len(), backend.threads(), |((x, y), sums)| {
        *sums = backend.run(ErrorSums { x, y });
    });
    sums.into_iter().fold(Sums::default(), Sums::merge)
}
