//! Channels that are columns: a matrix whose every column has its own scale, row by row, so that
//! memory is read in the order in which it lies.
//!
//! There are at least [`BLOCK`] columns: a narrower matrix is given as a wider one, several rows
//! side by side, with the scales repeated. A last row that is shorter than the others stands under
//! the first columns.

use alloc::vec::Vec;
use core::array;

use super::blocks::{Traffic, fetch_ahead};
use super::grid::{Finish, Grid, Limited, halve};
use crate::division::Reciprocal;
use crate::simd::{BLOCK, Kernel, LANES, Simd};
use crate::{Element, Integer, Scheme};

/// Rows that are looked at together: what is known of a column is loaded once for all of them.
const ROWS: usize = 4;

/// Widens each column's limits to its values in `x`. The limits are [ordered](Simd::ordered); of a
/// symmetric scheme `max` is that of the magnitudes, and there is no `min`.
pub struct ColumnLimits<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) traffic: Traffic,
    /// One for each column, or none.
    pub(crate) min: &'a mut [i32],
    /// One for each column.
    pub(crate) max: &'a mut [i32],
}

impl<T: Element> Kernel for ColumnLimits<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, traffic, min, max } = self;
        let width = max.len();
        for rows in x.chunks(ROWS * width) {
            if rows.len() == ROWS * width {
                widen::<S, T, ROWS>(s, rows, traffic, min, max);
                continue;
            }
            for row in rows.chunks(width) {
                widen::<S, T, 1>(s, row, traffic, min, max);
            }
        }
    }
}

/// The limits of the columns that R rows of one length stand in.
#[inline(always)]
fn widen<S: Simd, T: Element, const R: usize>(
    s: S,
    x: &[T],
    traffic: Traffic,
    min: &mut [i32],
    max: &mut [i32],
) {
    let n = x.len() / R;
    if n < BLOCK {
        // A short last row, alone. What the padding widens is not copied back.
        let (mut padded, mut least, mut most) = ([T::zeroed(); BLOCK], [0; BLOCK], [0; BLOCK]);
        padded[..n].copy_from_slice(x);
        most[..n].copy_from_slice(&max[..n]);
        if let Some(min) = min.get_mut(..n) {
            least[..n].copy_from_slice(min);
            widen_block(s, [&padded], &mut least, &mut most);
            min.copy_from_slice(&least[..n]);
        } else {
            widen_block(s, [&padded], &mut [], &mut most);
        }
        return max[..n].copy_from_slice(&most[..n]);
    }
    let rows: [&[T]; R] = rows(x);
    for at in starts(n) {
        let block = at..at + BLOCK;
        let x = blocks(s, rows, at, traffic);
        let min = min.get_mut(block.clone()).unwrap_or_default();
        widen_block(s, x, min, &mut max[block]);
    }
}

/// The limits of 64 columns; `min` is empty if only magnitudes matter.
#[inline(always)]
fn widen_block<S: Simd, T: Element, const R: usize>(
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

/// R rows of one length.
#[inline(always)]
fn rows<T, const R: usize>(x: &[T]) -> [&[T]; R] {
    let mut rows = x.chunks_exact(x.len() / R);
    array::from_fn(|_| rows.next().unwrap_or_default())
}

/// Of R rows the values in the 64 columns from `at` on.
#[inline(always)]
fn blocks<S: Simd, T, const R: usize>(
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
fn starts(n: usize) -> impl Iterator<Item = usize> {
    (0..n).step_by(BLOCK).map(move |at| at.min(n - BLOCK))
}

/// The parameters of all columns.
pub(crate) struct Columns {
    scales: Vec<f32>,
    /// hi and lo of every scale, if all are in the proven range.
    reciprocals: Option<[Vec<f32>; 2]>,
    /// As kernels add them.
    zeros: Vec<i32>,
    grid: Grid,
}

impl Columns {
    /// One column for each of the scales; as many zero points, or none if all are 0.
    pub(crate) fn new(scheme: Scheme, scales: Vec<f32>, zero_points: &[i32]) -> Self {
        // The zero points differ from column to column; the limits do not.
        let first = zero_points.first().copied().unwrap_or(0);
        let grid = Grid::new(scheme.valid_params(1.0, first), scheme.is_unsigned());
        let pairs = scales.iter().map_while(|&scale| Reciprocal::new(scale));
        let (hi, lo): (Vec<f32>, Vec<f32>) = pairs.map(|r| (r.hi, r.lo)).unzip();
        let reciprocals = (hi.len() == scales.len()).then_some([hi, lo]);
        let mut zeros: Vec<i32> = zero_points.iter().map(|&z| grid.biased(z)).collect();
        zeros.resize(scales.len(), grid.biased(0));
        Self { scales, reciprocals, zeros, grid }
    }
}

/// Quantizes `x` with the columns' parameters, which came from it.
pub struct QuantizeColumns<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) columns: &'a Columns,
    pub(crate) traffic: Traffic,
    pub(crate) q: &'a mut [i8],
}

impl<T: Element> Kernel for QuantizeColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Columns { scales, reciprocals, .. } = self.columns;
        match reciprocals {
            Some([hi, lo]) => self.divided(s, Products { scales, hi, lo }),
            None => self.divided(s, Quotients { scales }),
        }
    }
}

impl<T: Element> QuantizeColumns<'_, T> {
    #[inline(always)]
    fn divided<S: Simd>(self, s: S, divisors: impl Divisors) {
        let Self { x, columns: Columns { zeros, grid, .. }, traffic, q } = self;
        let limited = grid.limited(s);
        let width = zeros.len();
        for (x, q) in x.chunks(ROWS * width).zip(q.chunks_mut(ROWS * width)) {
            let to = ToBytes { divisors, zeros, limited, traffic };
            if x.len() == ROWS * width {
                to.rows::<T, ROWS>(s, x, q);
                continue;
            }
            for (x, q) in x.chunks(width).zip(q.chunks_mut(width)) {
                to.rows::<T, 1>(s, x, q);
            }
        }
    }
}

/// How values become bytes, column by column.
#[derive(Clone, Copy)]
struct ToBytes<'a, S: Simd, D> {
    divisors: D,
    zeros: &'a [i32],
    limited: Limited<S>,
    traffic: Traffic,
}

impl<S: Simd, D: Divisors> ToBytes<'_, S, D> {
    /// R rows of one length.
    #[inline(always)]
    fn rows<T: Element, const R: usize>(self, s: S, x: &[T], q: &mut [i8]) {
        let n = x.len() / R;
        if n < BLOCK {
            // A short last row, alone.
            let (mut padded, mut result) = ([T::zeroed(); BLOCK], [0; BLOCK]);
            padded[..n].copy_from_slice(x);
            self.blocks::<T, 1>(s, [&padded], 0, [&mut result]);
            return q.copy_from_slice(&result[..n]);
        }
        let from: [&[T]; R] = rows(x);
        for at in starts(n) {
            let x = blocks(s, from, at, self.traffic);
            let mut q = q.chunks_exact_mut(n);
            let q = array::from_fn(|_| &mut q.next().unwrap_or_default()[at..at + BLOCK]);
            self.blocks::<T, R>(s, x, at, q);
        }
    }

    /// Of R rows the 64 columns from `at` on.
    #[inline(always)]
    fn blocks<T: Element, const R: usize>(self, s: S, x: [&[T]; R], at: usize, q: [&mut [i8]; R]) {
        let divisors = self.divisors.block(at);
        let zeros = &self.zeros[at..at + BLOCK];
        let mut v = [[s.splat_i32(0); 4]; R];
        for i in 0..4 {
            let zero = s.load_i32(lanes(zeros, i * LANES));
            for (x, v) in x.iter().zip(&mut v) {
                let x = T::load(s, lanes(x, i * LANES));
                v[i] = s.add_i32(s.round(divisors.divide(s, x, i * LANES)), zero);
            }
        }
        for (v, q) in v.into_iter().zip(q) {
            if let Some(q) = q.first_chunk_mut() {
                s.store_i8(q, self.limited.finish(s, halve(s, v)));
            }
        }
    }
}

/// Divisors of some columns.
trait Divisors: Copy {
    /// Those of the 64 columns from `at` on.
    fn block(self, at: usize) -> Self;

    /// `x` over the divisors from `at` on, for `x` within the ranges of the columns.
    fn divide<S: Simd>(self, s: S, x: S::F32, at: usize) -> S::F32;
}

/// By scales in the proven range.
#[derive(Clone, Copy)]
struct Products<'a> {
    scales: &'a [f32],
    hi: &'a [f32],
    lo: &'a [f32],
}

impl Divisors for Products<'_> {
    #[inline(always)]
    fn block(self, at: usize) -> Self {
        let Self { scales, hi, lo } = self;
        let block = at..at + BLOCK;
        Self { scales: &scales[block.clone()], hi: &hi[block.clone()], lo: &lo[block] }
    }

    #[inline(always)]
    fn divide<S: Simd>(self, s: S, x: S::F32, at: usize) -> S::F32 {
        let scale = s.load_f32(lanes(self.scales, at));
        let (hi, lo) = (s.load_f32(lanes(self.hi, at)), s.load_f32(lanes(self.lo, at)));
        s.div_by(x, s.divisor(scale, hi, lo))
    }
}

/// By any scales.
#[derive(Clone, Copy)]
struct Quotients<'a> {
    scales: &'a [f32],
}

impl Divisors for Quotients<'_> {
    #[inline(always)]
    fn block(self, at: usize) -> Self {
        Self { scales: &self.scales[at..at + BLOCK] }
    }

    #[inline(always)]
    fn divide<S: Simd>(self, s: S, x: S::F32, at: usize) -> S::F32 {
        s.div(x, s.load_f32(lanes(self.scales, at)))
    }
}

/// Sixteen values from `at` on, which there are.
#[inline(always)]
fn lanes<N>(v: &[N], at: usize) -> &[N; LANES] {
    let Some(lanes) = v[at..].first_chunk() else {
        unreachable!("sixteen from {at} on, of {}", v.len())
    };
    lanes
}

/// Dequantizes `q` with the columns' parameters.
pub struct DequantizeColumns<'a, T> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether they are those of [`u8`].
    pub(crate) unsigned: bool,
    /// One for each column.
    pub(crate) scales: &'a [f32],
    /// The zero points, negated; one for each column.
    pub(crate) less: &'a [f32],
    pub(crate) x: &'a mut [T],
}

impl<T: Element> Kernel for DequantizeColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        if self.unsigned {
            self.typed::<S, u8>(s);
        } else {
            self.typed::<S, i8>(s);
        }
    }
}

impl<T: Element> DequantizeColumns<'_, T> {
    #[inline(always)]
    fn typed<S: Simd, Q: Integer>(self, s: S) {
        let Self { q, scales, less, x, .. } = self;
        let q: &[Q] = bytemuck::must_cast_slice(q);
        let width = scales.len();
        for (q, x) in q.chunks(width).zip(x.chunks_mut(width)) {
            let n = q.len();
            for (i, (q, x)) in q.as_chunks().0.iter().zip(x.as_chunks_mut().0).enumerate() {
                dequantize(s, q, scales, less, i * LANES, x);
            }
            if n.is_multiple_of(LANES) {
            } else if let (Some(q), Some(x)) = (q.last_chunk(), x.last_chunk_mut()) {
                dequantize(s, q, scales, less, n - LANES, x);
            } else {
                let (mut padded, mut result) = ([Q::zeroed(); LANES], [T::zeroed(); LANES]);
                padded[..n].copy_from_slice(q);
                dequantize(s, &padded, scales, less, 0, &mut result);
                x.copy_from_slice(&result[..n]);
            }
        }
    }
}

/// The sixteen values under the columns from `at` on.
#[inline(always)]
fn dequantize<S: Simd, Q: Integer, T: Element>(
    s: S,
    q: &[Q; LANES],
    scales: &[f32],
    less: &[f32],
    at: usize,
    x: &mut [T; LANES],
) {
    let (scale, less) = (s.load_f32(lanes(scales, at)), s.load_f32(lanes(less, at)));
    T::store(s, x, s.mul(s.add(Q::load(s, q), less), scale));
}
