//! Finds the rows, the blocks and the lanes of a matrix.

use core::array;

use crate::kernel::blocks::{Traffic, fetch_ahead};
use crate::simd::{BLOCK, LANES, Simd};

/// The number of rows that are taken together. What is known of a column is loaded once for all of
/// them.
pub(super) const ROWS: usize = 4;

/// Cuts `x` into R rows of the same length.
#[inline(always)]
pub(super) fn rows<T, const R: usize>(x: &[T]) -> [&[T]; R] {
    let mut rows = x.chunks_exact(x.len() / R);
    array::from_fn(|_| rows.next().unwrap_or_default())
}

/// The values of R rows in the 64 columns from `at` on.
#[inline(always)]
pub(super) fn blocks<S: Simd, T, const R: usize>(
    s: S,
    mut rows: [&[T]; R],
    at: usize,
    traffic: Traffic,
) -> [&[T]; R] {
    for row in &mut rows {
        *row = &row[at..at + BLOCK];
        fetch_ahead(s, row, traffic);
    }
    rows
}

/// The starts of the blocks that together cover `n` values, of which there are at least 64. The
/// last block may overlap the one before it.
#[inline(always)]
pub(super) fn starts(n: usize) -> impl Iterator<Item = usize> {
    (0..n).step_by(BLOCK).map(move |at| at.min(n - BLOCK))
}

/// The sixteen values from `at` on, which have to exist.
#[inline(always)]
pub(super) fn lanes<N>(v: &[N], at: usize) -> &[N; LANES] {
    let Some(lanes) = v[at..].first_chunk() else {
        unreachable!("sixteen from {at} on, of {}", v.len())
    };
    lanes
}
