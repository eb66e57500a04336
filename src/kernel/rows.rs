//! Range, parameters and quantize of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::min_max::min_max;
use super::quantize::known_row;
use crate::simd::{Kernel, Simd};
use crate::{Element, Integer, Scheme};

/// Quantizes the rows of `x`, one scale each. A row that is not finite gets an infinite scale or
/// NaN and is skipped, as is one whose scale overflows.
pub struct QuantizeRows<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) row_len: usize,
    pub(crate) scheme: &'a Scheme,
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
        for (row, scale) in scales.iter_mut().enumerate() {
            let values = row * row_len..(row + 1) * row_len;
            let (x, q) = (&x[values.clone()], &mut q[values]);
            let (chosen, zero_point) = quantize_row(s, x, *scheme, q);
            *scale = chosen;
            if let Some(place) = zero_points.get_mut(row) {
                *place = zero_point;
            }
        }
    }
}

impl<T: Element> QuantizeRows<'_, T> {
    /// Some of the rows.
    #[inline(always)]
    pub(crate) fn part(&mut self, first: usize, rows: usize) -> QuantizeRows<'_, T> {
        let row_len = self.row_len;
        let values = first * row_len..(first + rows) * row_len;
        let rows = first..first + rows;
        QuantizeRows {
            x: &self.x[values.clone()],
            row_len,
            scheme: self.scheme,
            q: &mut self.q[values],
            scales: &mut self.scales[rows.clone()],
            zero_points: self.zero_points.get_mut(rows).unwrap_or_default(),
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
    let (scale, zero_point) = if symmetric {
        let bits = abs_max::<S, T, true>(s, x, traffic);
        (scheme.scale_of(T::from_magnitude_bits(bits)), 0)
    } else {
        scheme.choose(min_max(s, x, traffic))
    };
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
        if self.unsigned {
            self.typed::<S, u8>(s);
        } else {
            self.typed::<S, i8>(s);
        }
    }
}

impl<T: Element> DequantizeRows<'_, T> {
    #[inline(always)]
    fn typed<S: Simd, Q: Integer>(self, s: S) {
        match self.group {
            16 if self.row_len.is_multiple_of(16) => self.groups::<S, Q, 16>(s),
            32 if self.row_len.is_multiple_of(32) => self.groups::<S, Q, 32>(s),
            64 if self.row_len.is_multiple_of(64) => self.groups::<S, Q, 64>(s),
            128 if self.row_len.is_multiple_of(128) => self.groups::<S, Q, 128>(s),
            _ => self.one_by_one(s),
        }
    }

    /// Groups of any size.
    #[inline(always)]
    fn one_by_one<S: Simd>(self, s: S) {
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

    /// Groups of G values, which is a multiple of 16 and divides the rows.
    #[inline(always)]
    fn groups<S: Simd, Q: Integer, const G: usize>(self, s: S) {
        let Self { q, scales, zero_points, x, .. } = self;
        let groups = bytemuck::must_cast_slice::<i8, Q>(q).as_chunks::<G>().0.iter();
        let groups = groups.zip(x.as_chunks_mut::<G>().0).zip(scales).enumerate();
        for (set, ((q, x), &scale)) in groups {
            let zero_point = zero_points.get(set).copied().unwrap_or(0);
            let (scale, less) = (s.splat(scale), s.splat(-zero_point as f32));
            for (q, x) in q.as_chunks().0.iter().zip(x.as_chunks_mut().0) {
                T::store(s, x, s.mul(s.add(Q::load(s, q), less), scale));
            }
        }
    }
}
