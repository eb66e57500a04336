//! Rows as short as a few vectors: sixteen of them at a time, so that their parameters are computed
//! in vectors too.
//!
//! A group of 32 takes some ten instructions to quantize, and as many again to find its range. Three
//! divisions for its scale and the reciprocal of that, done one by one, would cost more than both.

use super::grid::{Finish, Grid, Saturated};
use super::min_max::{self, SPANS};
use super::rows::{QuantizeRows, quantize_rows};
use crate::Element;
use crate::division::PROVEN;
use crate::scheme::{Limits, Scheme};
use crate::simd::{BLOCK, LANES, Simd};

/// Quantizes rows of G values, which is 16 or a multiple of it.
#[inline(always)]
pub(crate) fn quantize_groups<S: Simd, T: Element, const G: usize>(
    s: S,
    rows: QuantizeRows<'_, T>,
) {
    let QuantizeRows { x, row_len, scheme, q, scales, zero_points } = rows;
    let mut first = 0;
    while first < scales.len() {
        let groups = first..scales.len().min(first + LANES);
        let values = first * G..groups.end * G;
        first = groups.end;
        let x = &x[values.clone()];
        let q = &mut q[values];
        // None if the scheme is symmetric.
        let zero_points = zero_points.get_mut(groups.clone()).unwrap_or_default();
        let scales = &mut scales[groups];
        if !quantize_sixteen::<S, T, G>(s, x, scheme, q, scales, zero_points) {
            quantize_rows(s, QuantizeRows { x, row_len, scheme, q, scales, zero_points });
        }
    }
}

/// Quantizes sixteen groups, if there are so many and all their scales are in the proven range.
#[inline(always)]
fn quantize_sixteen<S: Simd, T: Element, const G: usize>(
    s: S,
    x: &[T],
    scheme: Scheme,
    q: &mut [i8],
    scales: &mut [f32],
    zero_points: &mut [i32],
) -> bool {
    let Ok(scales) = <&mut [f32; LANES]>::try_from(scales) else { return false };
    let (mut min, mut max) = ([0.0; LANES], [0.0; LANES]);
    for (i, group) in x.as_chunks::<G>().0.iter().enumerate().take(LANES) {
        let limits = limits::<S, T, G>(s, group, scheme);
        (min[i], max[i]) = (limits.min, limits.max);
    }
    let mut zeros = [0; LANES];
    for i in 0..LANES {
        (scales[i], zeros[i]) = scheme.choose(Limits { min: min[i], max: max[i] });
    }
    if !scales.iter().all(|scale| PROVEN.contains(scale)) {
        return false;
    }
    if let Ok(zero_points) = <&mut [i32; LANES]>::try_from(zero_points) {
        *zero_points = zeros;
    }
    let [hi, lo] = s.reciprocal(s.load_f32(scales)).map(|v| {
        let mut lanes = [0.0; LANES];
        s.store_f32(&mut lanes, v);
        lanes
    });
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

/// The least and the largest value of a group; NaN or infinite if one is.
#[inline(always)]
fn limits<S: Simd, T: Element, const G: usize>(s: S, group: &[T; G], scheme: Scheme) -> Limits {
    let vectors = group.as_chunks::<LANES>().0;
    if scheme.is_symmetric() {
        let mut peak = s.magnitude(T::load(s, &vectors[0]));
        for v in &vectors[1..] {
            peak = s.max_i32(peak, s.magnitude(T::load(s, v)));
        }
        return Limits::symmetric(f32::from_bits(s.max_lane(peak).cast_unsigned()));
    }
    let mut spans = [s.span(); SPANS];
    for (i, v) in vectors.iter().enumerate() {
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
        let [scale, hi, lo] = [self.scales, self.hi, self.lo].map(|lanes| s.splat(lanes[group]));
        s.round(s.div_by(T::load(s, x), s.divisor(scale, hi, lo)))
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
        let groups = [0, 1, 2, 3].map(|v| (i * BLOCK + v * LANES) / G);
        let v = [0, 1, 2, 3].map(|v| divisors.quotients(s, &x[v], groups[v]));
        let bytes = if SATURATED {
            Saturated.finish(s, v)
        } else {
            let zero = |group: usize| s.splat_i32(grid.biased(zeros[group]));
            limited.finish(s, [0, 1, 2, 3].map(|i| s.add_i32(v[i], zero(groups[i]))))
        };
        s.store_i8(q, bytes);
    }
}
