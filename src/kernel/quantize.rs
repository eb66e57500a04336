//! Quantizes values that share a scale. NaN becomes the zero point, and every other value becomes
//!
//! q = clamp(round_half_even(x / scale) + zero_point, qmin, qmax).
//!
//! # One block
//!
//! A block of 64 values becomes 64 bytes:
//!
//! ```text
//! t = x / scale           four vectors; a product and a fused product: see `crate::division`
//! i = round(t)            four vectors of 32 bits, ties to even
//! h = narrow(i)           two vectors of 16 bits, saturating
//! q = finish(h)           one vector of 64 bytes: what the integers in use need, see `super::grid`
//! ```
//!
//! Only rounding to 32 bits does not treat all numbers as it should: x86 turns NaN and every number
//! that does not fit into `i32::MIN`, while aarch64 turns NaN into 0 and saturates. So NaN and
//! quotients beyond the integers in use need care. How much they need depends on where the scale
//! came from.
//!
//! # Three ways
//!
//! - **Known range.** The scale was computed from finite values that include these. Then no
//!   quotient exceeds the range by more than the rounding of the scale, which is less than half a
//!   step. Nothing needs to be clipped that saturating does not clip by itself.
//! - **Careful.** x is clipped to the range before it is divided. This moves no result and is right
//!   for every x, but it costs a minimum, a maximum and a mask for each vector.
//! - **Hopeful.** The caller gave the scale, so nothing is known of the values, but most data need
//!   no clipping. Where `i32::MIN` gives wild values away ([`Simd::WILD_IS_MIN`]), a panel is first
//!   converted without clipping, and its least integer is kept:
//!
//! ```text
//! for each panel:
//!     if careful_for == 0:
//!         convert and store it unclipped; least = min of all i, as narrowed
//!         if least is not the least integer of its width: done with this panel
//!         careful_for = 16
//!     convert and store it clipped
//!     careful_for -= 1
//! ```
//!
//! Nothing is missed in this way, because a wild value always shows: `i32::MIN` stays the least
//! value when it is narrowed. A value that correctly becomes the least integer looks the same, and
//! its panel is converted again for nothing. Values above qmax saturate in the narrowing, as they
//! should, or are limited after it. Data that are clipped on purpose would pay twice for each
//! panel, so the fifteen panels after a suspicious one are clipped from the start.

use super::blocks::{Traffic, map_as};
use super::convert::{Careful, Hopeful, Known};
use super::divide::ByProduct;
use super::grid::{Finish, Grid, Suspect, WithFinish};
use super::step_by_step::QuantizeStepByStep;
use super::sum::{Summed, To};
use crate::QuantParams;
use crate::reciprocal::Reciprocal;
use crate::simd::{Kernel, Simd, Value};

/// Quantizes `x` into `q`, which have the same length.
pub struct Quantize<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) params: QuantParams,
    /// Whether the scale was computed from finite values that include these.
    pub(crate) known: bool,
    pub(crate) traffic: Traffic,
    /// Whether `q` holds the bits of [`u8`].
    pub(crate) unsigned: bool,
    /// Whether to add up the integers. They are then not streamed.
    pub(crate) sum: bool,
    pub(crate) q: &'a mut [i8],
}

impl<T: Value> Kernel for Quantize<'_, T> {
    /// The sum of the integers, or 0 if they are not added up.
    type Output = i32;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> i32 {
        let Self { x, params, known, mut traffic, unsigned, sum, q } = self;
        traffic.stream &= !sum;
        let (grid, to) = (Grid::new(params, unsigned), To { unsigned, sum, q });
        let Some(reciprocal) = params.reciprocal() else {
            return s.run(QuantizeStepByStep { x, params, to });
        };
        let scale = params.scale();
        if S::STREAMS && traffic.stream {
            // The memory is what takes the time, so that no integers have a shorter way.
            let finish = grid.shifted(s);
            let sum = if known {
                InRange::<T, true, false> { x, scale, reciprocal, traffic, to }.with(s, finish).1
            } else {
                Given::<T, true> { x, params, reciprocal, traffic, to }.with(s, finish)
            };
            s.stream_fence();
            sum
        } else if known {
            grid.finish(s, InRange::<T, false, false> { x, scale, reciprocal, traffic, to }).1
        } else {
            grid.finish(s, Given::<T, false> { x, params, reciprocal, traffic, to })
        }
    }
}

/// Quantizes values that are in the cache and within the range of their scale. None of them is NaN.
/// Where [`Simd::QUICK_MISSES_NAN`], the scheme should be affine. Returns the sum of the integers, or
/// 0 if they are not added up.
#[inline(always)]
pub(super) fn known_row_without_nan<S: Simd, T: Value>(
    s: S,
    x: &[T],
    params: QuantParams,
    traffic: Traffic,
    to: To<'_>,
) -> i32 {
    let (grid, scale) = (Grid::new(params, to.unsigned), params.scale());
    match params.reciprocal() {
        Some(reciprocal) => {
            let row = InRange::<T, false, false> { x, scale, reciprocal, traffic, to };
            // Where these rows are affine only, see `known_row`, the other ways would be dead code.
            if S::QUICK_MISSES_NAN { grid.finish_shifted(s, row).1 } else { grid.finish(s, row).1 }
        }
        None => s.run(QuantizeStepByStep { x, params, to }),
    }
}

/// Quantizes values that are in the cache and within the range of their scale, by a symmetric
/// scheme. Returns whether one of the values is NaN, and the sum of the integers, or
/// 0 if they are not added up.
#[inline(always)]
pub(super) fn known_row<S: Simd, T: Value>(
    s: S,
    x: &[T],
    params: QuantParams,
    traffic: Traffic,
    to: To<'_>,
) -> (bool, i32) {
    let (grid, scale) = (Grid::new(params, to.unsigned), params.scale());
    match params.reciprocal() {
        Some(reciprocal) => {
            grid.finish(s, InRange::<T, false, true> { x, scale, reciprocal, traffic, to })
        }
        None => {
            let sum = s.run(QuantizeStepByStep { x, params, to });
            (x.iter().any(|x| x.widened().is_nan()), sum)
        }
    }
}

/// Values of any kind, to be divided by a scale in the proven range. `STREAM` says whether stores
/// bypass the caches.
struct Given<'a, T, const STREAM: bool> {
    x: &'a [T],
    params: QuantParams,
    reciprocal: Reciprocal,
    traffic: Traffic,
    to: To<'a>,
}

impl<S: Simd, T: Value, const STREAM: bool> WithFinish<S> for Given<'_, T, STREAM> {
    type Output = i32;
    const LOOKS: bool = S::WILD_IS_MIN;
    const KNOWN: bool = false;

    #[inline(always)]
    fn with<F: Finish<S>>(self, s: S, finish: F) -> i32 {
        let Self { x, params, reciprocal, traffic, to: To { unsigned, sum, q } } = self;
        let careful = Careful::new(ByProduct::new(s, params, reciprocal), finish);
        if S::WILD_IS_MIN {
            let hopeful = Hopeful::<S, T, F>::new(careful);
            let mut summed = Summed::new(s, hopeful, sum, unsigned);
            map_as::<S, _, STREAM>(s, &mut summed, x, q, traffic);
            summed.sum(s)
        } else {
            let mut summed = Summed::new(s, careful, sum, unsigned);
            map_as::<S, _, STREAM>(s, &mut summed, x, q, traffic);
            summed.sum(s)
        }
    }
}

/// Values within the range of their scale, which is in the proven range. `STREAM` says whether
/// stores bypass the caches, and `LOOK` whether to return if there was a NaN.
struct InRange<'a, T, const STREAM: bool, const LOOK: bool> {
    x: &'a [T],
    scale: f32,
    reciprocal: Reciprocal,
    traffic: Traffic,
    to: To<'a>,
}

impl<S: Simd, T: Value, const STREAM: bool, const LOOK: bool> WithFinish<S>
    for InRange<'_, T, STREAM, LOOK>
{
    type Output = (bool, i32);
    const LOOKS: bool = LOOK;
    const KNOWN: bool = true;

    #[inline(always)]
    fn with<F: Finish<S>>(self, s: S, finish: F) -> (bool, i32) {
        let Self { x, scale, reciprocal, traffic, to: To { unsigned, sum, q } } = self;
        let known = Known::<S, T, F, LOOK>::new(s, scale, reciprocal, finish);
        let mut summed = Summed::new(s, known, sum, unsigned);
        map_as::<S, _, STREAM>(s, &mut summed, x, q, traffic);
        (LOOK && F::Suspect::is_suspect(s, summed.map.least), summed.sum(s))
    }
}
