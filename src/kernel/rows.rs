//! Abs-max, scale and quantize of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::quantize::{Quantize, known_range};
use crate::division::Reciprocal;
use crate::simd::{Kernel, Simd};
use crate::{Element, QuantParams, Scheme};

/// Quantizes the rows of `x`, one scale each. A row that is not finite gets an infinite scale or
/// NaN and is skipped, as is one whose scale overflows.
pub(crate) struct QuantizeRows<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) row_len: usize,
    pub(crate) scheme: Scheme,
    pub(crate) q: &'a mut [i8],
    pub(crate) scales: &'a mut [f32],
}

impl<T: Element> Kernel for QuantizeRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, row_len, scheme, q, scales } = self;
        let rows = x.chunks_exact(row_len).zip(q.chunks_exact_mut(row_len));
        for ((x, q), scale) in rows.zip(scales) {
            let abs_max = T::from_magnitude_bits(abs_max(s, x, Traffic::CACHED));
            *scale = scheme.scale(abs_max);
            if let Some(reciprocal) = Reciprocal::new(*scale) {
                known_range(s, x, *scale, reciprocal, Traffic::CACHED, q);
            } else if let Ok(params) = QuantParams::symmetric(*scale) {
                let params = params.with_range(scheme.quantized_range());
                let traffic = Traffic::CACHED;
                Quantize { x, params, known: true, traffic, q }.eval(s);
            }
        }
    }
}
