//! Channels that are columns: a matrix whose every column has its own scale, row by row, so that
//! memory is read in the order in which it lies.
//!
//! There are at least [`BLOCK`] columns: a narrower matrix is given as a wider one, several rows
//! side by side, with the scales repeated. A last row that is shorter than the others stands under
//! the first columns.

use alloc::vec::Vec;

use crate::Element;
use crate::division::Reciprocal;
use crate::simd::{BLOCK, Kernel, LANES, Simd};

/// Raises each column's abs-max, in binary32 bits, to that of its values in `x`.
pub struct ColumnPeaks<'a, T> {
    pub(crate) x: &'a [T],
    /// One for each column.
    pub(crate) peaks: &'a mut [i32],
}

impl<T: Element> Kernel for ColumnPeaks<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        for row in self.x.chunks(self.peaks.len()) {
            let (blocks, tail) = row.as_chunks::<LANES>();
            let (peak_blocks, peak_rest) = self.peaks.as_chunks_mut::<LANES>();
            for (x, peak) in blocks.iter().zip(&mut *peak_blocks) {
                raise(s, x, peak);
            }
            if !tail.is_empty() {
                let mut x = [T::zeroed(); LANES];
                x[..tail.len()].copy_from_slice(tail);
                // Zeros raise nothing, so a short row may cover more columns than it has values.
                if let Some(peak) = peak_blocks.get_mut(blocks.len()) {
                    raise(s, &x, peak);
                } else {
                    let mut peak = [0; LANES];
                    peak[..peak_rest.len()].copy_from_slice(peak_rest);
                    raise(s, &x, &mut peak);
                    peak_rest.copy_from_slice(&peak[..peak_rest.len()]);
                }
            }
        }
    }
}

#[inline(always)]
fn raise<S: Simd, T: Element>(s: S, x: &[T; LANES], peak: &mut [i32; LANES]) {
    let raised = s.max_i32(s.load_i32(peak), s.magnitude(T::load(s, x)));
    s.store_i32(peak, raised);
}

/// The divisors of all columns.
pub(crate) struct Columns {
    scales: Vec<f32>,
    /// hi and lo of every scale, if all are in the proven range.
    reciprocals: Option<[Vec<f32>; 2]>,
}

impl Columns {
    /// One column for each scale.
    pub(crate) fn new(scales: Vec<f32>) -> Self {
        let pairs: Option<Vec<Reciprocal>> = scales.iter().map(|&s| Reciprocal::new(s)).collect();
        let reciprocals = pairs.map(|pairs| {
            [pairs.iter().map(|r| r.hi).collect(), pairs.iter().map(|r| r.lo).collect()]
        });
        Self { scales, reciprocals }
    }
}

/// Quantizes `x` with the columns' scales, which came from it.
pub struct QuantizeColumns<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) columns: &'a Columns,
    pub(crate) q: &'a mut [i8],
}

impl<T: Element> Kernel for QuantizeColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Columns { scales, reciprocals } = self.columns;
        let width = scales.len();
        for (x, q) in self.x.chunks(width).zip(self.q.chunks_mut(width)) {
            match reciprocals {
                Some([hi, lo]) => quantize_row(s, x, &Products { scales, hi, lo }, q),
                None => quantize_row(s, x, &Quotients { scales }, q),
            }
        }
    }
}

/// One row: whole blocks, then the last 64 values whatever went before.
#[inline(always)]
fn quantize_row<S: Simd, T: Element>(s: S, x: &[T], columns: &impl DivideAt, q: &mut [i8]) {
    let n = x.len();
    for (i, (x, q)) in x.as_chunks().0.iter().zip(q.as_chunks_mut().0).enumerate() {
        quantize_block(s, x, columns, i * BLOCK, q);
    }
    if n.is_multiple_of(BLOCK) {
        return;
    }
    if let (Some(x), Some(q)) = (x.last_chunk(), q.last_chunk_mut()) {
        quantize_block(s, x, columns, n - BLOCK, q);
    } else {
        let (mut padded, mut result) = ([T::zeroed(); BLOCK], [0; BLOCK]);
        padded[..n].copy_from_slice(x);
        quantize_block(s, &padded, columns, 0, &mut result);
        q.copy_from_slice(&result[..n]);
    }
}

/// The 64 values under the columns from `at` on.
#[inline(always)]
fn quantize_block<S: Simd, T: Element>(
    s: S,
    x: &[T; BLOCK],
    columns: &impl DivideAt,
    at: usize,
    q: &mut [i8; BLOCK],
) {
    let [a, b, c, d]: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
    let v = [
        s.round(columns.divide(s, T::load(s, a), at)),
        s.round(columns.divide(s, T::load(s, b), at + LANES)),
        s.round(columns.divide(s, T::load(s, c), at + 2 * LANES)),
        s.round(columns.divide(s, T::load(s, d), at + 3 * LANES)),
    ];
    s.store_i8(q, s.narrow(v));
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
        let [scale, hi, lo] = [self.scales, self.hi, self.lo].map(|v| lanes(v, at));
        s.div_by(x, s.divisor(s.load_f32(scale), s.load_f32(hi), s.load_f32(lo)))
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
fn lanes(v: &[f32], at: usize) -> &[f32; LANES] {
    let Some(lanes) = v[at..].first_chunk() else {
        unreachable!("there are at least as many columns as a row has values")
    };
    lanes
}
