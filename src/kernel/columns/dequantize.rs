//! Dequantizes a matrix whose columns have parameters of their own:
//!
//! x' = (q - zero_point[column]) * scale[column].

use super::places::lanes;
use crate::Integer;
use crate::kernel::quantized::{OfIntegers, of_integers};
use crate::simd::{Kernel, LANES, Simd, Value};

/// Dequantizes `q` with the columns' parameters.
pub(crate) struct DequantizeColumns<'a, T> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether the bits are those of [`u8`].
    pub(crate) unsigned: bool,
    /// The scale of each column.
    pub(crate) scales: &'a [f32],
    /// The negated zero point of each column.
    pub(crate) less: &'a [f32],
    pub(crate) x: &'a mut [T],
}

impl<T: Value> Kernel for DequantizeColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        of_integers(s, self.unsigned, self);
    }
}

impl<T: Value> OfIntegers for DequantizeColumns<'_, T> {
    #[inline(always)]
    fn eval_of<S: Simd, Q: Integer>(self, s: S) {
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

/// Dequantizes the sixteen values in the columns from `at` on.
#[inline(always)]
fn dequantize<S: Simd, Q: Integer, T: Value>(
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
