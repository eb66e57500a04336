//! Range, parameters and quantization of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::min_max::min_max;
use super::quantize::{known_row, known_row_without_nan};
use super::quantized::{OfIntegers, Quantized, QuantizedMut, of_integers};
use crate::simd::{Kernel, Simd, Value};
use crate::{Integer, Scheme};

/// Quantizes the rows of `x`, one scale each. A row that is not finite gets an infinite scale or
/// NaN and is skipped, as is one whose scale overflows.
pub(crate) struct QuantizeRows<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) row_len: usize,
    pub(crate) scheme: &'a Scheme,
    /// A set is a row.
    pub(crate) to: QuantizedMut<'a>,
}

impl<T: Value> Kernel for QuantizeRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, row_len, scheme, mut to } = self;
        for row in 0..to.scales.len() {
            let values = row * row_len..(row + 1) * row_len;
            let (x, q) = (&x[values.clone()], &mut to.q[values]);
            let (scale, zero_point) = quantize_row(s, x, *scheme, q);
            to.set_params(row, scale, zero_point);
        }
    }
}

impl<T: Value> QuantizeRows<'_, T> {
    /// Some of the rows.
    #[inline(always)]
    pub(crate) fn part(&mut self, first: usize, rows: usize) -> QuantizeRows<'_, T> {
        let Self { x, row_len, scheme, ref mut to } = *self;
        let values = first * row_len..(first + rows) * row_len;
        QuantizeRows {
            x: &x[values.clone()],
            row_len,
            scheme,
            to: to.part(values, first..first + rows),
        }
    }
}

/// Quantizes a row by its own parameters, which it returns.
///
/// Within the range of a scale only a NaN converts to what is looked for, so looking in the second
/// pass is worth what it saves in the first.
#[inline(always)]
fn quantize_row<S: Simd, T: Value>(s: S, x: &[T], scheme: Scheme, q: &mut [i8]) -> (f32, i32) {
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
        let has_nan = known_row(s, x, params, q);
        return (if has_nan { f32::NAN } else { scale }, zero_point);
    }
    known_row_without_nan(s, x, params, scheme.is_unsigned(), q);
    (scale, zero_point)
}

/// Dequantizes rows in groups, the last of which may be shorter.
pub(crate) struct DequantizeRows<'a, T> {
    /// A set is a group.
    pub(crate) from: Quantized<'a>,
    /// Not 0.
    pub(crate) row_len: usize,
    /// Not 0.
    pub(crate) group: usize,
    pub(crate) x: &'a mut [T],
}

impl<T: Value> Kernel for DequantizeRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        of_integers(s, self.from.unsigned, self);
    }
}

impl<T: Value> OfIntegers for DequantizeRows<'_, T> {
    #[inline(always)]
    fn eval_of<S: Simd, Q: Integer>(self, s: S) {
        match self.group {
            16 if self.row_len.is_multiple_of(16) => self.groups::<S, Q, 16>(s),
            32 if self.row_len.is_multiple_of(32) => self.groups::<S, Q, 32>(s),
            64 if self.row_len.is_multiple_of(64) => self.groups::<S, Q, 64>(s),
            128 if self.row_len.is_multiple_of(128) => self.groups::<S, Q, 128>(s),
            _ => self.one_by_one(s),
        }
    }
}

impl<T: Value> DequantizeRows<'_, T> {
    /// Groups of any size.
    #[inline(always)]
    fn one_by_one<S: Simd>(self, s: S) {
        let Self { from, row_len, group, x } = self;
        let Quantized { q, unsigned, scales, .. } = from;
        let mut sets = scales.iter().enumerate();
        for (q, x) in q.chunks(row_len).zip(x.chunks_mut(row_len)) {
            for (q, x) in q.chunks(group).zip(x.chunks_mut(group)) {
                let Some((set, &scale)) = sets.next() else { return };
                let (zero_point, traffic) = (from.zero_point(set), Traffic::CACHED);
                Dequantize { q, unsigned, scale, zero_point, traffic, x }.eval(s);
            }
        }
    }

    /// Groups of G values, which is a multiple of 16 and divides the rows.
    #[inline(always)]
    fn groups<S: Simd, Q: Integer, const G: usize>(self, s: S) {
        let Self { from, x, .. } = self;
        let groups = bytemuck::must_cast_slice::<i8, Q>(from.q).as_chunks::<G>().0.iter();
        let groups = groups.zip(x.as_chunks_mut::<G>().0).zip(from.scales).enumerate();
        for (set, ((q, x), &scale)) in groups {
            let (scale, less) = (s.splat(scale), s.splat(-from.zero_point(set) as f32));
            for (q, x) in q.as_chunks().0.iter().zip(x.as_chunks_mut().0) {
                T::store(s, x, s.mul(s.add(Q::load(s, q), less), scale));
            }
        }
    }
}
