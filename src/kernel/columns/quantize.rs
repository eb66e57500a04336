//! Quantizes a matrix whose columns have parameters of their own:
//!
//! q = clamp(round_half_even(x / scale[column]) + zero_point[column], qmin, qmax).

use alloc::vec::Vec;
use core::array;

use super::places::{ROWS, blocks, lanes, rows, starts};
use crate::Scheme;
use crate::kernel::blocks::Traffic;
use crate::kernel::divide::ends;
use crate::kernel::grid::{Finish, Grid, Limited, halve};
use crate::reciprocal::Reciprocal;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// The parameters of all columns.
pub(crate) struct Columns {
    scales: Vec<f32>,
    /// hi and lo of every scale, if all scales are in the proven range.
    reciprocals: Option<[Vec<f32>; 2]>,
    /// The zero points, as kernels add them.
    zeros: Vec<i32>,
    /// The least and the largest number to limit to, if nothing is known of the values. If there
    /// are reciprocals, the values are limited to them before the division, else the quotients
    /// after it.
    ends: Option<[Vec<f32>; 2]>,
    grid: Grid,
}

impl Columns {
    /// The parameters of one column for each of the scales and zero points. `known` says whether
    /// they were computed from finite values that include those to be quantized.
    pub(crate) fn new(scheme: Scheme, scales: Vec<f32>, zero_points: &[i32], known: bool) -> Self {
        // The zero points differ from column to column, but the integers in use do not.
        let first = zero_points.first().copied().unwrap_or(0);
        let grid = Grid::new(scheme.valid_params(1.0, first), scheme.is_unsigned());
        let pairs = scales.iter().map_while(|&scale| Reciprocal::of(scale));
        let (hi, lo): (Vec<f32>, Vec<f32>) = pairs.map(|r| (r.hi, r.lo)).unzip();
        let reciprocals = (hi.len() == scales.len()).then_some([hi, lo]);
        let ends = scales.iter().zip(zero_points).map(|(&scale, &zero_point)| {
            let [min, max] = ends(scheme.valid_params(scale, zero_point));
            if reciprocals.is_some() { (scale * min, scale * max) } else { (min, max) }
        });
        let ends = (!known).then(|| ends.unzip().into());
        let zeros = zero_points.iter().map(|&zero_point| grid.biased(zero_point)).collect();
        Self { scales, reciprocals, zeros, ends, grid }
    }
}

/// Quantizes `x` with the columns' parameters.
pub(crate) struct QuantizeColumns<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) columns: &'a Columns,
    pub(crate) traffic: Traffic,
    pub(crate) q: &'a mut [i8],
}

impl<T: Value> Kernel for QuantizeColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Columns { scales, reciprocals, ends, .. } = self.columns;
        match (reciprocals, ends) {
            (Some([hi, lo]), None) => self.divided(s, Products { scales, hi, lo }),
            (Some([hi, lo]), Some([min, max])) => {
                let by = Products { scales, hi, lo };
                self.divided(s, Clipped { by, min, max, before: true });
            }
            (None, None) => self.divided(s, Quotients { scales }),
            (None, Some([min, max])) => {
                self.divided(s, Clipped { by: Quotients { scales }, min, max, before: false });
            }
        }
    }
}

impl<T: Value> QuantizeColumns<'_, T> {
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
    /// Quantizes R rows of the same length.
    #[inline(always)]
    fn rows<T: Value, const R: usize>(self, s: S, x: &[T], q: &mut [i8]) {
        let n = x.len() / R;
        if n < BLOCK {
            // This is a short last row, which comes alone.
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

    /// Quantizes the values of R rows in the 64 columns from `at` on.
    #[inline(always)]
    fn blocks<T: Value, const R: usize>(self, s: S, x: [&[T]; R], at: usize, q: [&mut [i8]; R]) {
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

/// A way to divide the values of some columns.
trait Divisors: Copy {
    /// The way to divide the values of the 64 columns from `at` on.
    fn block(self, at: usize) -> Self;

    /// Divides `x` by the scales from `at` on.
    fn divide<S: Simd>(self, s: S, x: S::F32, at: usize) -> S::F32;
}

/// Divides by scales in the proven range, with their reciprocals.
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

/// Divides by any scales.
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

/// Divides in either way, and limits values of which nothing is known.
#[derive(Clone, Copy)]
struct Clipped<'a, D> {
    by: D,
    min: &'a [f32],
    max: &'a [f32],
    /// Whether the values are limited before the division, and not the quotients after it: see
    /// [`crate::kernel::divide`].
    before: bool,
}

impl<D: Divisors> Divisors for Clipped<'_, D> {
    #[inline(always)]
    fn block(self, at: usize) -> Self {
        let Self { by, min, max, before } = self;
        let block = at..at + BLOCK;
        Self { by: by.block(at), min: &min[block.clone()], max: &max[block], before }
    }

    #[inline(always)]
    fn divide<S: Simd>(self, s: S, x: S::F32, at: usize) -> S::F32 {
        let (min, max) = (s.load_f32(lanes(self.min, at)), s.load_f32(lanes(self.max, at)));
        if self.before {
            self.by.divide(s, s.clip(x, min, max), at)
        } else {
            s.clip(self.by.divide(s, x, at), min, max)
        }
    }
}
