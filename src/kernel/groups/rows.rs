//! Quantizes groups that are rows, or that follow each other in a row.

use super::divisors::Divisors;
use super::in_sixteens::{Sixteens, in_sixteens};
use super::sixteen::{Rows, quantize_sixteen};
use crate::Scheme;
use crate::kernel::rows::QuantizeRows;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_outputs::SetOutputs;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// Quantizes rows of one of the [`LENGTHS`](crate::kernel::LENGTHS), without gaps between them, from the
/// row `first` on, sixteen at a time. The kernel stops when fewer than sixteen rows are left, or at
/// sixteen rows of which one has a scale outside the proven range. It returns the row at which it
/// stopped.
pub(crate) struct QuantizeGroups<'a, 'b, T> {
    pub(crate) rows: QuantizeRows<'a, 'b, T>,
    pub(crate) first: usize,
}

impl<T: Value> Kernel for QuantizeGroups<'_, '_, T> {
    type Output = usize;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> usize {
        match self.rows.x.row_len() {
            16 => quantize_groups::<S, T, 16>(s, self),
            32 => quantize_groups::<S, T, 32>(s, self),
            64 => quantize_groups::<S, T, 64>(s, self),
            128 => quantize_groups::<S, T, 128>(s, self),
            _ => self.first,
        }
    }
}

/// Quantizes rows of G values, where G is a multiple of 16.
#[inline(always)]
fn quantize_groups<S: Simd, T: Value, const G: usize>(
    s: S,
    groups: QuantizeGroups<'_, '_, T>,
) -> usize {
    let QuantizeGroups { rows: QuantizeRows { x, recipe, traffic, to }, first } = groups;
    let x = x.gapless().unwrap_or_default().as_chunks::<G>().0;
    let Outputs { q, sets } = to;
    let q = q.reborrow().into_slice().as_chunks_mut::<G>().0;
    let to = ToRows { q, sets };
    if recipe.is_plain_int8() {
        // The compiler knows this recipe, and what it takes out of the loop is a tenth of the time.
        in_sixteens(s, x, first, Recipe::exact(&Scheme::int8()), traffic, to)
    } else {
        in_sixteens(s, x, first, recipe, traffic, to)
    }
}

/// Integers and parameters of their own.
struct ToRows<'a, 'b, const G: usize> {
    q: &'a mut [[i8; G]],
    sets: &'a mut SetOutputs<'b>,
}

impl<const G: usize> Sixteens<G> for ToRows<'_, '_, G> {
    #[inline(always)]
    fn put<S: Simd, T: Value>(
        &mut self,
        s: S,
        at: usize,
        x: &[[T; G]],
        recipe: Recipe<'_>,
        divisors: &Divisors,
    ) -> bool {
        let (sets, q) = (&mut *self.sets, &mut self.q[at..]);
        sets.scales.store(at, &divisors.scales);
        sets.zero_points.store(at, &divisors.zero_points);
        let bytes = q.as_flattened_mut()[..LANES * G].as_chunks_mut::<BLOCK>().0;
        quantize_sixteen(s, x, recipe, divisors, Rows(bytes));
        if sets.wants_sums() {
            let sums = sums_of_sixteen(q, recipe.scheme.is_unsigned());
            for (i, (sum, scale)) in sums.into_iter().zip(divisors.scales).enumerate() {
                sets.set_sum(at + i, sum, scale);
            }
        }
        true
    }
}

/// The sums of sixteen groups of integers. The compiler makes vectors of the loops.
#[inline(always)]
fn sums_of_sixteen<const G: usize>(q: &[[i8; G]], unsigned: bool) -> [i32; LANES] {
    let mut sums = [0; LANES];
    for (sum, q) in sums.iter_mut().zip(q) {
        for &q in q {
            *sum += if unsigned { i32::from(q.cast_unsigned()) } else { i32::from(q) };
        }
    }
    sums
}
