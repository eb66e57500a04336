//! Range, parameters and quantization of many rows under one dispatch: each row is still in the cache
//! when it is quantized.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::min_max::min_max;
use super::quantize::{Quantize, known_row, known_row_without_nan};
use super::quantized::{OfIntegers, Quantized, of_integers};
use crate::quantized_mut::Outputs;
use crate::simd::{Kernel, Simd, Value};
use crate::stored::Params;
use crate::{Integer, Rows, RowsMut, Scheme};

/// Quantizes the rows of `x`, one scale each. A row that is not finite gets an infinite scale or
/// NaN and is skipped, as is one whose scale overflows.
///
/// All of it is borrowed. A call of 64 values takes some 60 ns, and copies of what is known about
/// rows and outputs, which are longer than registers, took another 16.
pub(crate) struct QuantizeRows<'a, 'b, T> {
    /// Not empty.
    pub(crate) x: &'a Rows<'a, T>,
    pub(crate) scheme: &'a Scheme,
    /// A set is a row.
    pub(crate) to: &'a mut Outputs<'b>,
}

impl<T: Value> Kernel for QuantizeRows<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, scheme, to } = self;
        for row in 0..x.rows() {
            let (scale, zero_point) = quantize_row(s, x.row(row), *scheme, to.q.row_mut(row));
            to.params.set(row, scale, zero_point);
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

/// Quantizes rows in groups, the last of which may be shorter, by parameters that are given.
pub(crate) struct QuantizeGiven<'a, T> {
    /// Not empty.
    pub(crate) x: Rows<'a, T>,
    /// Not 0.
    pub(crate) group: usize,
    pub(crate) scheme: Scheme,
    /// A set is a group; or all values are one.
    pub(crate) params: Params<'a>,
    /// Whether the parameters came from these data, or from more, all finite.
    pub(crate) known: bool,
    pub(crate) q: RowsMut<'a, i8>,
}

impl<T: Value> Kernel for QuantizeGiven<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, group, scheme, params, known, mut q } = self;
        let (unsigned, traffic) = (scheme.is_unsigned(), Traffic::CACHED);
        let mut set = 0;
        for row in 0..x.rows() {
            let groups = x.row(row).chunks(group).zip(q.row_mut(row).chunks_mut(group));
            for (x, q) in groups {
                let (scale, zero_point) = params.of_set(set);
                let params = scheme.valid_params(scale, zero_point);
                Quantize { x, params, known, traffic, unsigned, q }.eval(s);
                set += 1;
            }
        }
    }
}

/// Dequantizes rows in groups, the last of which may be shorter.
pub(crate) struct DequantizeRows<'a, T> {
    /// A set is a group; or all values are one.
    pub(crate) from: Quantized<'a>,
    /// Not 0.
    pub(crate) group: usize,
    pub(crate) x: RowsMut<'a, T>,
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
        let row_len = self.from.q.row_len();
        let one_set = self.from.params.len() == 1;
        match self.group {
            _ if one_set => self.one_by_one(s),
            16 if row_len.is_multiple_of(16) => self.groups::<S, Q, 16>(s),
            32 if row_len.is_multiple_of(32) => self.groups::<S, Q, 32>(s),
            64 if row_len.is_multiple_of(64) => self.groups::<S, Q, 64>(s),
            128 if row_len.is_multiple_of(128) => self.groups::<S, Q, 128>(s),
            _ => self.one_by_one(s),
        }
    }
}

impl<T: Value> DequantizeRows<'_, T> {
    /// Groups of any size.
    #[inline(always)]
    fn one_by_one<S: Simd>(self, s: S) {
        let Self { from: Quantized { q, unsigned, params }, group, mut x } = self;
        let traffic = Traffic::CACHED;
        let mut set = 0;
        for row in 0..q.rows() {
            let groups = q.row(row).chunks(group).zip(x.row_mut(row).chunks_mut(group));
            for (q, x) in groups {
                let (scale, zero_point) = params.of_set(set);
                Dequantize { q, unsigned, scale, zero_point, traffic, x }.eval(s);
                set += 1;
            }
        }
    }

    /// Groups of G values, which is a multiple of 16 and divides the rows.
    #[inline(always)]
    fn groups<S: Simd, Q: Integer, const G: usize>(self, s: S) {
        let Self { from: Quantized { q, params, .. }, mut x, .. } = self;
        let mut set = 0;
        for row in 0..q.rows() {
            let q = bytemuck::must_cast_slice::<i8, Q>(q.row(row)).as_chunks::<G>().0;
            for (q, x) in q.iter().zip(x.row_mut(row).as_chunks_mut::<G>().0) {
                let (scale, zero_point) = params.get(set);
                let (scale, less) = (s.splat(scale), s.splat(-zero_point as f32));
                for (q, x) in q.as_chunks().0.iter().zip(x.as_chunks_mut().0) {
                    T::store(s, x, s.mul(s.add(Q::load(s, q), less), scale));
                }
                set += 1;
            }
        }
    }
}
