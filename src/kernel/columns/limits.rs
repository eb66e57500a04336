//! Computes the limits of each column of a matrix: the least and the largest x, or the largest |x|.

use super::places::{ROWS, blocks, lanes, rows, starts};
use crate::kernel::blocks::Traffic;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// Widens the limits of each column to include its values in `x`. The limits are
/// [ordered](Simd::ordered) integers. For a symmetric scheme, `max` is the largest magnitude, and
/// `min` is empty.
pub(crate) struct ColumnLimits<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) traffic: Traffic,
    /// The least value of each column, or nothing.
    pub(crate) min: &'a mut [i32],
    /// The largest value or magnitude of each column.
    pub(crate) max: &'a mut [i32],
}

impl<T: Value> Kernel for ColumnLimits<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, traffic, min, max } = self;
        let width = max.len();
        for rows in x.chunks(ROWS * width) {
            if rows.len() == ROWS * width {
                extend::<S, T, ROWS>(s, rows, traffic, min, max);
                continue;
            }
            for row in rows.chunks(width) {
                extend::<S, T, 1>(s, row, traffic, min, max);
            }
        }
    }
}

/// Widens the limits of the columns to include R rows of the same length.
#[inline(always)]
fn extend<S: Simd, T: Value, const R: usize>(
    s: S,
    x: &[T],
    traffic: Traffic,
    min: &mut [i32],
    max: &mut [i32],
) {
    let n = x.len() / R;
    if n < BLOCK {
        // This is a short last row, which comes alone. Limits that only the padding extends are not
        // copied back.
        let (mut padded, mut least, mut most) = ([T::zeroed(); BLOCK], [0; BLOCK], [0; BLOCK]);
        padded[..n].copy_from_slice(x);
        most[..n].copy_from_slice(&max[..n]);
        if let Some(min) = min.get_mut(..n) {
            least[..n].copy_from_slice(min);
            extend_block(s, [&padded], &mut least, &mut most);
            min.copy_from_slice(&least[..n]);
        } else {
            extend_block(s, [&padded], &mut [], &mut most);
        }
        return max[..n].copy_from_slice(&most[..n]);
    }
    let rows: [&[T]; R] = rows(x);
    for at in starts(n) {
        let block = at..at + BLOCK;
        let x = blocks(s, rows, at, traffic);
        let min = min.get_mut(block.clone()).unwrap_or_default();
        extend_block(s, x, min, &mut max[block]);
    }
}

/// Widens the limits of 64 columns. `min` is empty if only magnitudes matter.
#[inline(always)]
fn extend_block<S: Simd, T: Value, const R: usize>(
    s: S,
    rows: [&[T]; R],
    min: &mut [i32],
    max: &mut [i32],
) {
    let mins = min.as_chunks_mut().0;
    for (i, max) in max.as_chunks_mut().0.iter_mut().enumerate() {
        let mut most = s.load_i32(max);
        if let Some(min) = mins.get_mut(i) {
            let mut least = s.load_i32(min);
            for x in rows {
                let x = s.ordered(T::load(s, lanes(x, i * LANES)));
                (least, most) = (s.min_i32(least, x), s.max_i32(most, x));
            }
            s.store_i32(min, least);
        } else {
            for x in rows {
                most = s.max_i32(most, s.magnitude(T::load(s, lanes(x, i * LANES))));
            }
        }
        s.store_i32(max, most);
    }
}
