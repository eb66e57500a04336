//! Finds the range of many rows, computes their parameters and quantizes them under one dispatch,
//! so that each row is still in the cache when it is quantized. Rows with given parameters are
//! quantized and dequantized here too.

use super::abs_max::abs_max;
use super::blocks::{LENGTHS, Traffic};
use super::dequantize::Dequantize;
use super::min_max::min_max;
use super::quantize::{Quantize, known_row, known_row_without_nan};
use super::quantized::{OfIntegers, Quantized, of_integers};
use super::sum::To;
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::simd::{Kernel, Simd, Value};
use crate::{Integer, Rows, RowsMut, Scheme};

/// Quantizes the rows of `x`, each by its own scale. A row with a value that is not finite, or
/// whose scale overflows, gets a scale that is infinite or NaN. Its integers then mean nothing.
///
/// Rows and outputs are borrowed. A call with 64 values takes some 60 ns, and copying the descriptions of
/// rows and outputs, which do not fit registers, took another 16 ns.
pub(crate) struct QuantizeRows<'a, 'b, T> {
    /// The rows, which are not empty.
    pub(crate) x: &'a Rows<'a, T>,
    pub(crate) recipe: Recipe<'a>,
    pub(crate) traffic: Traffic,
    /// The outputs. Each row is a set.
    pub(crate) to: &'a mut Outputs<'b>,
}

impl<T: Value> Kernel for QuantizeRows<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, recipe, traffic, to: Outputs { q, sets } } = self;
        let traffic = traffic.to_next_row(x);
        let (unsigned, sum) = (recipe.scheme.is_unsigned(), sets.wants_sums());
        for row in 0..x.rows() {
            let to = To { unsigned, sum, q: q.row_mut(row) };
            let (scale, zero_point, sum) = quantize_row(s, x.row(row), recipe, traffic, to);
            sets.set(row, scale, zero_point);
            sets.set_sum(row, sum, scale);
        }
    }
}

/// Quantizes one row to [`Scheme::int8`] by its own scale, which is the result: [`QuantizeRows`] for
/// the scheme that most calls have. The code for every scheme and every output keeps much of what it
/// knows in memory, and a short row waits for that.
pub(crate) struct QuantizeInt8<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) traffic: Traffic,
    pub(crate) q: &'a mut [i8],
}

impl<T: Value> Kernel for QuantizeInt8<'_, T> {
    type Output = f32;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> f32 {
        let to = To { unsigned: false, sum: false, q: self.q };
        quantize_row(s, self.x, Recipe::exact(&Scheme::int8()), self.traffic, to).0
    }
}

/// Quantizes a row by its own parameters. Returns them, and the sum of the integers, or 0 if they
/// are not added up.
///
/// Where [`Simd::QUICK_MISSES_NAN`], the first pass over a symmetric row may miss a NaN, and the
/// second pass looks for it. Within the range of a scale, only a NaN converts to what that pass
/// looks for, so it costs less than it saves in the first pass.
#[inline(always)]
fn quantize_row<S: Simd, T: Value>(
    s: S,
    x: &[T],
    recipe: Recipe<'_>,
    traffic: Traffic,
    to: To<'_>,
) -> (f32, i32, i32) {
    let symmetric = recipe.scheme.is_symmetric();
    let limits = if symmetric {
        let bits = abs_max::<S, T, true>(s, x, Traffic::CACHED);
        Limits::symmetric(T::from_magnitude_bits(bits))
    } else {
        min_max(s, x, Traffic::CACHED)
    };
    let (scale, zero_point, params) = recipe.choose::<T>(limits);
    if !scale.is_finite() {
        return (scale, zero_point, 0);
    }
    if S::QUICK_MISSES_NAN && symmetric {
        let (has_nan, sum) = known_row(s, x, params, traffic, to);
        return (if has_nan { f32::NAN } else { scale }, zero_point, sum);
    }
    let sum = known_row_without_nan(s, x, params, traffic, to);
    (scale, zero_point, sum)
}

/// Quantizes rows in groups by given parameters. The last group of a row may be shorter.
pub(crate) struct QuantizeGiven<'a, T> {
    /// The rows, which are not empty.
    pub(crate) x: Rows<'a, T>,
    /// The number of values of a group, not 0.
    pub(crate) group: usize,
    pub(crate) recipe: Recipe<'a>,
    /// The parameters. Each group is a set, or all values are one set.
    pub(crate) params: Params<'a>,
    /// Whether the parameters were computed from finite values that include these.
    pub(crate) known: bool,
    /// Whether to add up the integers.
    pub(crate) sum: bool,
    /// The integers, and the sums of sets that are wanted.
    pub(crate) to: Outputs<'a>,
}

impl<T: Value> Kernel for QuantizeGiven<'_, T> {
    /// The sum of all integers, or 0 if they are not added up.
    type Output = i32;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> i32 {
        let Self { x, group, recipe, params, known, sum, to: Outputs { mut q, mut sets } } = self;
        let (unsigned, traffic) = (recipe.scheme.is_unsigned(), Traffic::CACHED);
        let (mut set, mut total) = (0, 0i32);
        for row in 0..x.rows() {
            let groups = x.row(row).chunks(group).zip(q.row_mut(row).chunks_mut(group));
            for (x, q) in groups {
                let (scale, zero_point) = params.of_set(set);
                let params = recipe.given::<T>(scale, zero_point);
                let sum = s.run(Quantize { x, params, known, traffic, unsigned, sum, q });
                sets.set_sum(set, sum, scale);
                total = total.wrapping_add(sum);
                set += 1;
            }
        }
        total
    }
}

/// Dequantizes rows in groups. The last group of a row may be shorter.
pub(crate) struct DequantizeRows<'a, T> {
    /// The integers with their parameters. Each group is a set, or all values are one set.
    pub(crate) from: Quantized<'a>,
    /// The number of values of a group, not 0.
    pub(crate) group: usize,
    pub(crate) x: RowsMut<'a, T>,
}

impl<T: Value> Kernel for DequantizeRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let one_set = self.from.params.len() == 1;
        if !one_set && LENGTHS.contains(&self.group) && self.x.row_len().is_multiple_of(self.group)
        {
            of_integers(s, self.from.unsigned, self);
        } else {
            self.one_by_one(s);
        }
    }
}

impl<T: Value> OfIntegers for DequantizeRows<'_, T> {
    /// Dequantizes groups of one of the [`LENGTHS`] that fill the rows.
    #[inline(always)]
    fn eval_of<S: Simd, Q: Integer>(self, s: S) {
        match self.group {
            16 => self.groups::<S, Q, 16>(s),
            32 => self.groups::<S, Q, 32>(s),
            64 => self.groups::<S, Q, 64>(s),
            _ => self.groups::<S, Q, 128>(s),
        }
    }
}

impl<T: Value> DequantizeRows<'_, T> {
    /// Dequantizes groups of any size.
    #[inline(always)]
    fn one_by_one<S: Simd>(self, s: S) {
        let Self { from: Quantized { q, unsigned, params }, group, mut x } = self;
        let traffic = Traffic::CACHED;
        let mut set = 0;
        for row in 0..q.rows() {
            let groups = q.row(row).chunks(group).zip(x.row_mut(row).chunks_mut(group));
            for (q, x) in groups {
                let (scale, zero_point) = params.of_set(set);
                s.run(Dequantize { q, unsigned, scale, zero_point, traffic, x });
                set += 1;
            }
        }
    }

    /// Dequantizes groups of G values, where G is a multiple of 16 and divides the length of a row.
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
