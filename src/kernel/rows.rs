//! Range, parameters and quantize of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::groups::quantize_sixteen;
use super::min_max::min_max;
use super::quantize::known_row;
use crate::scheme::Limits;
use crate::simd::{BLOCK, Kernel, LANES, Simd};
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
        let Self { x, row_len, scheme, q, scales, zero_points } = self;
        let mut first = 0;
        while first < scales.len() {
            // As many as are done together, where rows are groups of a few vectors.
            let rows = first..scales.len().min(first + LANES);
            first = rows.end;
            let values = rows.start * row_len..rows.end * row_len;
            let (x, q) = (&x[values.clone()], &mut q[values]);
            // None if the scheme is symmetric.
            let zero_points = zero_points.get_mut(rows.clone()).unwrap_or_default();
            let scales = &mut scales[rows];
            let done = match row_len {
                16 => quantize_sixteen::<S, T, 16>(s, x, scheme, q, scales, zero_points),
                32 => quantize_sixteen::<S, T, 32>(s, x, scheme, q, scales, zero_points),
                64 => quantize_sixteen::<S, T, 64>(s, x, scheme, q, scales, zero_points),
                128 => quantize_sixteen::<S, T, 128>(s, x, scheme, q, scales, zero_points),
                _ => false,
            };
            if done {
                continue;
            }
            let rows = x.chunks_exact(row_len).zip(q.chunks_exact_mut(row_len));
            for (row, ((x, q), scale)) in rows.zip(scales).enumerate() {
                let (chosen, zero_point) = quantize_row(s, x, scheme, q);
                *scale = chosen;
                if let Some(place) = zero_points.get_mut(row) {
                    *place = zero_point;
                }
            }
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
    let symmetric = scheme.is_symmetric();
    let limits = if symmetric {
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
    if S::QUICK_MISSES_NAN && symmetric {
        let has_nan = known_row::<S, T, true>(s, x, params, false, q);
        return (if has_nan { f32::NAN } else { scale }, zero_point);
    }
    known_row::<S, T, false>(s, x, params, scheme.is_unsigned(), q);
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
                if group < BLOCK && group.is_multiple_of(LANES) {
                    few_vectors(s, q, unsigned, scale, zero_point, x);
                    continue;
                }
                let traffic = Traffic::CACHED;
                Dequantize { q, unsigned, scale, zero_point, traffic, x }.eval(s);
            }
        }
    }
}

/// Dequantizes a group that is less than a block and, unless it is the last of a row, whole vectors.
#[inline(always)]
fn few_vectors<S: Simd, T: Element>(
    s: S,
    q: &[i8],
    unsigned: bool,
    scale: f32,
    zero_point: i32,
    x: &mut [T],
) {
    let (blocks, rest) = q.as_chunks::<LANES>();
    let (blocks_out, rest_out) = x.as_chunks_mut::<LANES>();
    let (scale, less) = (s.splat(scale), s.splat(-zero_point as f32));
    for (q, x) in blocks.iter().zip(blocks_out) {
        T::store(s, x, product(s, q, unsigned, less, scale));
    }
    if !rest.is_empty() {
        let (mut padded, mut result) = ([0; LANES], [T::zeroed(); LANES]);
        padded[..rest.len()].copy_from_slice(rest);
        T::store(s, &mut result, product(s, &padded, unsigned, less, scale));
        rest_out.copy_from_slice(&result[..rest.len()]);
    }
}

/// (q + less) * scale.
#[inline(always)]
fn product<S: Simd>(s: S, q: &[i8; LANES], unsigned: bool, less: S::F32, scale: S::F32) -> S::F32 {
    let q = if unsigned { s.load_u8(bytemuck::must_cast_ref(q)) } else { s.load_i8(q) };
    s.mul(s.add(q, less), scale)
}
