//! Channels that are columns: a matrix whose every column has its own scale, row by row, so that
//! memory is read in the order in which it lies.
//!
//! There are at least [`BLOCK`] columns: a narrower matrix is given as a wider one, several rows
//! side by side, with the scales repeated. A last row that is shorter than the others stands under
//! the first columns.

use alloc::vec::Vec;

use super::grid::{Finish, Grid, Limited, halve};
use crate::division::Reciprocal;
use crate::simd::{BLOCK, Kernel, LANES, Simd};
use crate::{Element, Integer, QuantParams};

/// Widens each column's limits to its values in `x`. The limits are [ordered](Simd::ordered); of a
/// symmetric scheme `max` is that of the magnitudes, and there is no `min`.
pub struct ColumnLimits<'a, T> {
    pub(crate) x: &'a [T],
    /// One for each column, or none.
    pub(crate) min: &'a mut [i32],
    /// One for each column.
    pub(crate) max: &'a mut [i32],
}

impl<T: Element> Kernel for ColumnLimits<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, min, max } = self;
        for row in x.chunks(max.len()) {
            let n = row.len();
            for (i, x) in row.as_chunks().0.iter().enumerate() {
                let at = i * LANES..(i + 1) * LANES;
                widen(s, x, min.get_mut(at.clone()).unwrap_or_default(), &mut max[at]);
            }
            if n.is_multiple_of(LANES) {
            } else if let Some(x) = row.last_chunk() {
                let at = n - LANES..n;
                widen(s, x, min.get_mut(at.clone()).unwrap_or_default(), &mut max[at]);
            } else {
                // What the padding widens is not copied back.
                let (mut x, mut least, mut most) = ([T::zeroed(); LANES], [0; LANES], [0; LANES]);
                x[..n].copy_from_slice(row);
                most[..n].copy_from_slice(&max[..n]);
                let Some(min) = min.get_mut(..n) else {
                    widen(s, &x, &mut [], &mut most);
                    max[..n].copy_from_slice(&most[..n]);
                    continue;
                };
                least[..n].copy_from_slice(min);
                widen(s, &x, &mut least, &mut most);
                min.copy_from_slice(&least[..n]);
                max[..n].copy_from_slice(&most[..n]);
            }
        }
    }
}

/// Sixteen columns' limits; `min` is empty if only magnitudes matter.
#[inline(always)]
fn widen<S: Simd, T: Element>(s: S, x: &[T; LANES], min: &mut [i32], max: &mut [i32]) {
    let Some(max) = max.first_chunk_mut() else { return };
    let x = T::load(s, x);
    let Some(min) = min.first_chunk_mut() else {
        let raised = s.max_i32(s.load_i32(max), s.magnitude(x));
        return s.store_i32(max, raised);
    };
    let x = s.ordered(x);
    let (least, most) = (s.min_i32(s.load_i32(min), x), s.max_i32(s.load_i32(max), x));
    s.store_i32(min, least);
    s.store_i32(max, most);
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
    /// One column for each of the parameters, which are of one scheme; there is at least one.
    pub(crate) fn new(params: &[QuantParams], unsigned: bool) -> Self {
        let pairs: Option<Vec<Reciprocal>> = params.iter().map(|p| p.reciprocal()).collect();
        let reciprocals = pairs.map(|pairs| {
            [pairs.iter().map(|r| r.hi).collect(), pairs.iter().map(|r| r.lo).collect()]
        });
        let grid = Grid::new(params[0], unsigned);
        Self {
            scales: params.iter().map(|p| p.scale()).collect(),
            reciprocals,
            zeros: params.iter().map(|p| grid.biased(p.zero_point())).collect(),
            grid,
        }
    }
}

/// Quantizes `x` with the columns' parameters, which came from it.
pub struct QuantizeColumns<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) columns: &'a Columns,
    pub(crate) q: &'a mut [i8],
}

impl<T: Element> Kernel for QuantizeColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Columns { scales, reciprocals, zeros, grid } = self.columns;
        let limited = grid.limited(s);
        let width = scales.len();
        for (x, q) in self.x.chunks(width).zip(self.q.chunks_mut(width)) {
            match reciprocals {
                Some([hi, lo]) => {
                    quantize_row(s, x, &Products { scales, hi, lo }, zeros, limited, q);
                }
                None => quantize_row(s, x, &Quotients { scales }, zeros, limited, q),
            }
        }
    }
}

/// One row: whole blocks, then the last 64 values whatever went before.
#[inline(always)]
fn quantize_row<S: Simd, T: Element>(
    s: S,
    x: &[T],
    columns: &impl DivideAt,
    zeros: &[i32],
    limited: Limited<S>,
    q: &mut [i8],
) {
    let n = x.len();
    for (i, (x, q)) in x.as_chunks().0.iter().zip(q.as_chunks_mut().0).enumerate() {
        quantize_block(s, x, columns, zeros, limited, i * BLOCK, q);
    }
    if n.is_multiple_of(BLOCK) {
        return;
    }
    if let (Some(x), Some(q)) = (x.last_chunk(), q.last_chunk_mut()) {
        quantize_block(s, x, columns, zeros, limited, n - BLOCK, q);
    } else {
        let (mut padded, mut result) = ([T::zeroed(); BLOCK], [0; BLOCK]);
        padded[..n].copy_from_slice(x);
        quantize_block(s, &padded, columns, zeros, limited, 0, &mut result);
        q.copy_from_slice(&result[..n]);
    }
}

/// The 64 values under the columns from `at` on.
#[inline(always)]
fn quantize_block<S: Simd, T: Element>(
    s: S,
    x: &[T; BLOCK],
    columns: &impl DivideAt,
    zeros: &[i32],
    limited: Limited<S>,
    at: usize,
    q: &mut [i8; BLOCK],
) {
    let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
    let mut v = [s.splat_i32(0); 4];
    for (i, v) in v.iter_mut().enumerate() {
        let at = at + i * LANES;
        let quotient = s.round(columns.divide(s, T::load(s, &x[i]), at));
        *v = s.add_i32(quotient, s.load_i32(lanes(zeros, at)));
    }
    s.store_i8(q, limited.finish(s, halve(s, v)));
}

/// A way to divide by sixteen columns' scales.
trait DivideAt {
    /// `x` over the scales of the columns from `at` on, for `x` within their ranges.
    fn divide<S: Simd>(&self, s: S, x: S::F32, at: usize) -> S::F32;
}

struct Products<'a> {
    scales: &'a [f32],
    hi: &'a [f32],
    lo: &'a [f32],
}

impl DivideAt for Products<'_> {
    #[inline(always)]
    fn divide<S: Simd>(&self, s: S, x: S::F32, at: usize) -> S::F32 {
        let Self { scales, hi, lo } = self;
        let (scale, hi) = (s.load_f32(lanes(scales, at)), s.load_f32(lanes(hi, at)));
        s.div_by(x, s.divisor(scale, hi, s.load_f32(lanes(lo, at))))
    }
}

struct Quotients<'a> {
    scales: &'a [f32],
}

impl DivideAt for Quotients<'_> {
    #[inline(always)]
    fn divide<S: Simd>(&self, s: S, x: S::F32, at: usize) -> S::F32 {
        s.div(x, s.load_f32(lanes(self.scales, at)))
    }
}

#[inline(always)]
fn lanes<N>(v: &[N], at: usize) -> &[N; LANES] {
    let Some(lanes) = v[at..].first_chunk() else {
        unreachable!("there are at least as many columns as a row has values")
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
