//! Where the rows, the blocks and the lanes of a matrix are.

use core::array;

use crate::kernel::blocks::{Traffic, fetch_ahead};
use crate::simd::{BLOCK, LANES, Simd};

/// Rows that are looked at together: what is known of a column is loaded once for all of them.
pub(super) const ROWS: usize = 4;

/// R rows of one length.
#[inline(always)]
pub(super) fn rows<T, const R: usize>(x: &[T]) -> [&[T]; R] {
    let mut rows = x.chunks_exact(x.len() / R);
    array::from_fn(|_| rows.next().unwrap_or_default())
}

/// Of R rows the values in the 64 columns from `at` on.
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

/// Where to begin to see all of at least 64 values, block by block: in the end with some of them
/// again.
#[inline(always)]
pub(super) fn starts(n: usize) -> impl Iterator<Item = usize> {
    (0..n).step_by(BLOCK).map(move |at| at.min(n - BLOCK))
}

/// Sixteen values from `at` on, which there are.
#[inline(always)]
pub(super) fn lanes<N>(v: &[N], at: usize) -> &[N; LANES] {
    let Some(lanes) = v[at..].first_chunk() else {
        unreachable!("sixteen from {at} on, of {}", v.len())
    };
    lanes
}
