//! Range, parameters and quantize of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::groups::quantize_groups;
use super::min_max::min_max;
use super::quantize::Quantize;
use crate::scheme::Limits;
use crate::simd::{Kernel, Simd};
use crate::{Element, Scheme};

/// Quantizes the rows of `x`, one scale each. A row that is not finite gets an infinite scale or
/// NaN and is skipped, as is one whose scale overflows.
pub struct QuantizeRows<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) row_len: usize,
    pub(crate) scheme: Scheme,
    /// The bits of the integers.
    pub(crate) q: &'a mut [i8],
    pub(crate) scales: &'a mut [f32],
    /// As many as scales; none if the scheme is symmetric.
    pub(crate) zero_points: &'a mut [i32],
}

impl<T: Element> Kernel for QuantizeRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        match self.row_len {
            16 => quantize_groups::<S, T, 16>(s, self),
            32 => quantize_groups::<S, T, 32>(s, self),
            64 => quantize_groups::<S, T, 64>(s, self),
            128 => quantize_groups::<S, T, 128>(s, self),
            _ => quantize_rows(s, self),
        }
    }
}

/// One row after another.
#[inline(always)]
pub(crate) fn quantize_rows<S: Simd, T: Element>(s: S, rows: QuantizeRows<'_, T>) {
    let QuantizeRows { x, row_len, scheme, q, scales, zero_points } = rows;
    for (row, scale) in scales.iter_mut().enumerate() {
        let range = row * row_len..(row + 1) * row_len;
        let (chosen, zero_point) = quantize_row(s, &x[range.clone()], scheme, &mut q[range]);
        *scale = chosen;
        if let Some(place) = zero_points.get_mut(row) {
            *place = zero_point;
        }
    }
}

/// Quantizes a row by its own parameters, which it returns.
///
/// Within the range of a scale only a NaN converts to what is looked for, so looking in the second
/// pass is worth what it saves in the first.
#[inline(always)]
fn quantize_row<S: Simd, T: Element>(s: S, x: &[T], scheme: Scheme, q: &mut [i8]) -> (f32, i32) {
    let traffic = Traffic::CACHED;
    let limits = if scheme.is_symmetric() {
        let bits = abs_max::<S, T, true>(s, x, traffic);
        Limits::symmetric(T::from_magnitude_bits(bits))
    } else {
        min_max(s, x, traffic)
    };
    let (scale, zero_point) = scheme.choose(limits);
    if !scale.is_finite() {
        return (scale, zero_point);
    }
    let params = scheme.valid_params(scale, zero_point);
    let unsigned = scheme.is_unsigned();
    let quantize = Quantize { x, params, known: true, traffic, unsigned, q };
    if S::QUICK_MISSES_NAN && scheme.is_symmetric() {
        let scale = if quantize.noticing_nan(s) { f32::NAN } else { scale };
        return (scale, zero_point);
    }
    quantize.eval(s);
    (scale, zero_point)
}

/// Dequantizes rows in groups, the last of which may be shorter.
pub struct DequantizeRows<'a, T> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether they are those of [`u8`].
    pub(crate) unsigned: bool,
    /// Not 0.
    pub(crate) row_len: usize,
    /// Not 0.
    pub(crate) group: usize,
    /// One for each group.
    pub(crate) scales: &'a [f32],
    /// As many; none if all are 0.
    pub(crate) zero_points: &'a [i32],
    pub(crate) x: &'a mut [T],
}

impl<T: Element> Kernel for DequantizeRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { q, unsigned, row_len, group, scales, zero_points, x } = self;
        let mut sets = scales.iter().enumerate();
        for (q, x) in q.chunks(row_len).zip(x.chunks_mut(row_len)) {
            for (q, x) in q.chunks(group).zip(x.chunks_mut(group)) {
                let Some((set, &scale)) = sets.next() else { return };
                let zero_point = zero_points.get(set).copied().unwrap_or(0);
                let traffic = Traffic::CACHED;
                Dequantize { q, unsigned, scale, zero_point, traffic, x }.eval(s);
            }
        }
    }
}
