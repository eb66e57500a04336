//! Rows as short as a few vectors: sixteen of them at a time, so that their parameters are computed
//! in vectors too.
//!
//! A group of 32 takes some ten instructions to quantize, and as many again to find its range. Three
//! divisions for its scale and the reciprocal of that, done one by one, would cost more than both.

use super::grid::{Finish, Grid, Saturated, halve};
use super::min_max::{self, SPANS};
use crate::division::PROVEN;
use crate::scheme::Limits;
use crate::simd::{BLOCK, LANES, Simd};
use crate::{Element, ScaleType, Scheme};

/// Quantizes sixteen groups of G values, which is 16 or a multiple of it, if there are so many and
/// all their scales are in the proven range; returns whether it did.
#[inline(always)]
pub(crate) fn quantize_sixteen<S: Simd, T: Element, const G: usize>(
    s: S,
    x: &[T],
    scheme: Scheme,
    q: &mut [i8],
    scales: &mut [f32],
    zero_points: &mut [i32],
) -> bool {
    let Ok(scales) = <&mut [f32; LANES]>::try_from(scales) else { return false };
    let mut zeros = [0; LANES];
    if scheme.is_symmetric() {
        symmetric_scales::<S, T, G>(s, x, scheme, scales);
    } else {
        for (i, group) in x.as_chunks::<G>().0.iter().enumerate().take(LANES) {
            (scales[i], zeros[i]) = scheme.choose(limits(s, group));
        }
    }
    // As integers, and without an early end: the compiler makes vectors of it.
    let (least, most) = (PROVEN.start().to_bits(), PROVEN.end().to_bits());
    let mut outside = 0;
    for scale in &*scales {
        outside |= u32::from(scale.to_bits().wrapping_sub(least) > most - least);
    }
    if outside != 0 {
        return false;
    }
    if let Ok(zero_points) = <&mut [i32; LANES]>::try_from(zero_points) {
        *zero_points = zeros;
    }
    let (mut hi, mut lo) = ([0.0; LANES], [0.0; LANES]);
    let reciprocal = s.reciprocal(s.load_f32(scales));
    s.store_f32(&mut hi, reciprocal[0]);
    s.store_f32(&mut lo, reciprocal[1]);
    let divisors = Divisors { scales, hi: &hi, lo: &lo };
    // The zero points differ from group to group; the limits do not.
    let grid = Grid::new(scheme.valid_params(1.0, zeros[0]), scheme.is_unsigned());
    if scheme.is_symmetric() && grid.saturates() {
        quantize_blocks::<S, T, G, true>(s, x, &divisors, &zeros, grid, q);
    } else {
        quantize_blocks::<S, T, G, false>(s, x, &divisors, &zeros, grid, q);
    }
    true
}

/// [`Scheme::choose`] for each group.
#[inline(always)]
fn symmetric_scales<S: Simd, T: Element, const G: usize>(
    s: S,
    x: &[T],
    scheme: Scheme,
    scales: &mut [f32; LANES],
) {
    let mut peaks = [s.splat_i32(0); LANES];
    for (peak, group) in peaks.iter_mut().zip(x.as_chunks::<G>().0) {
        for v in group.as_chunks().0 {
            *peak = s.max_i32(*peak, s.magnitude(T::load(s, v)));
        }
    }
    let mut bits = [0; LANES];
    s.store_i32(&mut bits, s.max_each(&peaks));
    let abs_max: [f32; LANES] = bytemuck::must_cast(bits);
    s.store_f32(scales, s.div(s.load_f32(&abs_max), s.splat(scheme.steps())));
    for scale in &mut *scales {
        *scale = if *scale < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { *scale };
    }
    if scheme.stored_scale_type() != ScaleType::F32 {
        for scale in &mut *scales {
            *scale = scheme.stored_scale_type().round(*scale);
        }
    }
    for (scale, abs_max) in scales.iter_mut().zip(abs_max) {
        *scale = if abs_max == 0.0 { 1.0 } else { *scale };
    }
}

/// The least and the largest value of a group; NaN or infinite if one is.
#[inline(always)]
fn limits<S: Simd, T: Element, const G: usize>(s: S, group: &[T; G]) -> Limits {
    let mut spans = [s.span(); SPANS];
    for (i, v) in group.as_chunks().0.iter().enumerate() {
        let v = T::load(s, v);
        spans[i % SPANS] = s.widen(spans[i % SPANS], [v, v]);
    }
    min_max::limits(s, spans)
}

/// The divisors of sixteen groups.
struct Divisors<'a> {
    scales: &'a [f32; LANES],
    hi: &'a [f32; LANES],
    lo: &'a [f32; LANES],
}

impl Divisors<'_> {
    /// Sixteen values over the scale of a group, rounded.
    #[inline(always)]
    fn quotients<S: Simd, T: Element>(&self, s: S, x: &[T; LANES], group: usize) -> S::I32 {
        let Self { scales, hi, lo } = self;
        let divisor = s.divisor(s.splat(scales[group]), s.splat(hi[group]), s.splat(lo[group]));
        s.round(s.div_by(T::load(s, x), divisor))
    }
}

/// Quantizes sixteen groups; where `SATURATED`, by narrowing alone.
#[inline(always)]
fn quantize_blocks<S: Simd, T: Element, const G: usize, const SATURATED: bool>(
    s: S,
    x: &[T],
    divisors: &Divisors<'_>,
    zeros: &[i32; LANES],
    grid: Grid,
    q: &mut [i8],
) {
    let limited = grid.limited(s);
    let blocks = x.as_chunks::<BLOCK>().0.iter().zip(q.as_chunks_mut::<BLOCK>().0);
    for (i, (x, q)) in blocks.enumerate() {
        let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
        let mut v = [s.splat_i32(0); 4];
        for (j, v) in v.iter_mut().enumerate() {
            let group = (i * BLOCK + j * LANES) / G;
            *v = divisors.quotients(s, &x[j], group);
            if !SATURATED {
                *v = s.add_i32(*v, s.splat_i32(grid.biased(zeros[group])));
            }
        }
        let v = halve(s, v);
        let bytes = if SATURATED { Saturated.finish(s, v) } else { limited.finish(s, v) };
        s.store_i8(q, bytes);
    }
}
