//! Abs-max, scale and quantize of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::quantize::{FullRange, NarrowRange, Nowhere, Quantize, known_range};
use crate::division::Reciprocal;
use crate::simd::{Kernel, Simd};
use crate::{Element, QuantParams, Range, Scheme};

/// Quantizes the rows of `x`, one scale each. A row that is not finite gets an infinite scale or
/// NaN and is skipped, as is one whose scale overflows.
pub struct QuantizeRows<'a, T> {
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
        for (row, scale) in scales.iter_mut().enumerate() {
            let row = row * row_len..(row + 1) * row_len;
            let (x, q) = (&x[row.clone()], &mut q[row]);
            let bits = abs_max::<S, T, true>(s, x, Traffic::CACHED);
            *scale = scheme.scale(T::from_magnitude_bits(bits));
            if quantize_row(s, x, *scale, scheme.quantized_range(), q) {
                *scale = f32::NAN;
            }
        }
    }
}

/// Quantizes a row by its own scale; returns whether there was a NaN that its range did not show.
///
/// Within the range of a scale only a NaN narrows to what [`NarrowRange`] and [`FullRange`] look
/// for, so looking in the second pass is worth what it saves in the first.
#[inline(always)]
fn quantize_row<S: Simd, T: Element>(
    s: S,
    x: &[T],
    scale: f32,
    range: Range,
    q: &mut [i8],
) -> bool {
    let traffic = Traffic::CACHED;
    match (Reciprocal::new(scale), range) {
        (Some(r), _) if !S::QUICK_MISSES_NAN => {
            known_range::<S, T, Nowhere>(s, x, scale, r, traffic, q)
        }
        (Some(r), Range::Narrow) => known_range::<S, T, NarrowRange>(s, x, scale, r, traffic, q),
        (Some(r), Range::Full) => known_range::<S, T, FullRange>(s, x, scale, r, traffic, q),
        (None, _) => {
            if let Ok(params) = QuantParams::symmetric(scale) {
                let params = params.with_range(range);
                Quantize { x, params, known: true, traffic, q }.eval(s);
            }
            S::QUICK_MISSES_NAN && x.iter().any(|x| x.to_f32().is_nan())
        }
    }
}
