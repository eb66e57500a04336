//! Quantizes rows that are as short as a few vectors, sixteen of them at a time, so that their
//! parameters are computed in vectors too.
//!
//! A group of 32 values takes some ten instructions to quantize, and as many again to find its
//! range. Its scale and the reciprocal of the scale take three divisions, which would cost more
//! than both if they were done group by group. Even in vectors, the divisions take longer than all
//! the rest, because each waits for the one before it. So the parameters of the next sixteen groups
//! are computed while the current sixteen are quantized.

use core::ops::RangeInclusive;

use half::{bf16, f16};

use super::blocks::{Traffic, fetch_ahead};
use super::grid::{Finish, Grid, WithFinish, halve};
use super::rows::QuantizeRows;
use crate::arithmetic::{Multiplier, Narrowing, Rounding, ScaleFormula};
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::reciprocal::{MULTIPLIERS, PROVEN};
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};
use crate::{Arithmetic, ScaleType, Scheme};

/// Quantizes rows of one of the [`LENGTHS`](super::LENGTHS), without gaps between them, from the row `first` on,
/// sixteen at a time. The kernel stops when fewer than sixteen rows are left, or at sixteen rows of
/// which one has a scale outside the proven range. It returns the row at which it stopped.
pub(crate) struct QuantizeGroups<'a, 'b, T> {
    pub(crate) rows: QuantizeRows<'a, 'b, T>,
    pub(crate) first: usize,
    pub(crate) traffic: Traffic,
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

/// Quantizes groups of G values, where G is a multiple of 16.
#[inline(always)]
fn quantize_groups<S: Simd, T: Value, const G: usize>(
    s: S,
    groups: QuantizeGroups<'_, '_, T>,
) -> usize {
    let QuantizeGroups { rows: QuantizeRows { x, recipe, to }, first, traffic } = groups;
    let Outputs { q, sets } = to;
    let x = x.gapless().unwrap_or_default().as_chunks::<G>().0;
    let q = q.reborrow().into_slice().as_chunks_mut::<G>().0;
    let sixteens = (x.len() - first) / LANES;
    // Two sets of divisors take turns. They are in memory, from where one lane can be loaded into
    // all lanes.
    let mut divisors = [Divisors::default(); 2];
    for i in 0..=sixteens {
        if i < sixteens {
            let x = &x[first + i * LANES..];
            divisors[i % 2] = divisors_of(s, x, recipe, traffic);
        }
        if i > 0 {
            let (at, divisors) = (first + (i - 1) * LANES, &divisors[(i - 1) % 2]);
            if !divisors.proven {
                return at;
            }
            sets.scales.store(at, &divisors.scales);
            sets.zero_points.store(at, &divisors.zero_points);
            quantize_sixteen(s, &x[at..], recipe, divisors, &mut q[at..]);
            if sets.wants_sums() {
                let sums = sums_of_sixteen(&q[at..], recipe.scheme.is_unsigned());
                for (i, (sum, scale)) in sums.into_iter().zip(divisors.scales).enumerate() {
                    sets.set_sum(at + i, sum, scale);
                }
            }
        }
    }
    first + sixteens * LANES
}

/// The divisors of sixteen groups.
#[derive(Clone, Copy, Default)]
struct Divisors {
    scales: [f32; LANES],
    hi: [f32; LANES],
    lo: [f32; LANES],
    zero_points: [i32; LANES],
    /// Whether all scales are in the proven range. If not, nothing else is valid.
    proven: bool,
    /// Whether ties are rounded away from 0.
    away: bool,
}

impl Divisors {
    /// Divides sixteen values by the scale of a group.
    #[inline(always)]
    fn quotients<S: Simd, T: Value>(&self, s: S, x: &[T; LANES], group: usize) -> S::F32 {
        let Self { scales, hi, lo, .. } = self;
        let divisor = s.divisor(s.splat(scales[group]), s.splat(hi[group]), s.splat(lo[group]));
        s.div_by(T::load(s, x), divisor)
    }
}

/// [`Recipe::choose`] for each of sixteen groups, with the reciprocals of the scales.
#[inline(always)]
fn divisors_of<S: Simd, T: Value, const G: usize>(
    s: S,
    x: &[[T; G]],
    recipe: Recipe<'_>,
    traffic: Traffic,
) -> Divisors {
    let scheme = *recipe.scheme;
    let mut divisors = Divisors { zero_points: [scheme.offset(); LANES], ..Divisors::default() };
    let Some(x) = x.first_chunk() else { return divisors };
    fetch_ahead(s, x.as_flattened(), traffic);
    let scale = if scheme.is_symmetric() {
        let abs_max = abs_max(s, x);
        if let Some(arithmetic) = recipe.arithmetic {
            multipliers_of(s, abs_max, scheme, arithmetic, &mut divisors);
            return divisors;
        }
        scales_of(s, abs_max, scheme)
    } else {
        let [min, max] = limits(s, x);
        let minus = s.splat(-1.0);
        let scale = scales_of(s, s.add(max, s.mul(min, minus)), scheme);
        let (qmin, qmax) = (s.splat(scheme.qmin() as f32), s.splat(scheme.qmax() as f32));
        let zero_points = s.add(qmin, s.mul(s.div(min, scale), minus));
        s.store_i32(&mut divisors.zero_points, s.round(s.clip(zero_points, qmin, qmax)));
        scale
    };
    divisors.proven = all_within(s, scale, PROVEN);
    let [hi, lo] = s.reciprocal(scale);
    s.store_f32(&mut divisors.scales, scale);
    s.store_f32(&mut divisors.hi, hi);
    s.store_f32(&mut divisors.lo, lo);
    divisors
}

/// Whether all lanes are in a range of positive numbers. They are compared as integers and without
/// an early exit, so that the compiler makes vectors of the loop.
#[inline(always)]
fn all_within<S: Simd>(s: S, v: S::F32, range: RangeInclusive<f32>) -> bool {
    let mut bits = [0; LANES];
    s.store_i32(&mut bits, s.magnitude(v));
    let (least, most) = (range.start().to_bits(), range.end().to_bits());
    let mut outside = 0;
    for bits in bits {
        outside |= u32::from((bits as u32).wrapping_sub(least) > most - least);
    }
    outside == 0
}

/// [`scales_of`] by an arithmetic that [suits groups](Recipe::suits_groups), and what values are
/// multiplied by. The factor of zeros may be anything.
#[inline(always)]
fn multipliers_of<S: Simd>(
    s: S,
    abs_max: S::F32,
    scheme: Scheme,
    arithmetic: &Arithmetic,
    divisors: &mut Divisors,
) {
    let one = one_where_zero(s, abs_max);
    let range = s.add(abs_max, one);
    let (steps, unit) = (s.splat(scheme.steps()), s.splat(1.0));
    let mut step = s.div(range, steps);
    if arithmetic.narrowing == Narrowing::Before {
        step = rounded(s, step, scheme.scale_type());
    }
    let multiplier = match arithmetic.multiplier {
        Multiplier::StepsOverRange => s.div(steps, range),
        Multiplier::StepsTimesReciprocal => s.mul(steps, s.div(unit, range)),
        Multiplier::Reciprocal | Multiplier::Divide => s.div(unit, step),
    };
    let mut scale = match arithmetic.scale {
        ScaleFormula::ReciprocalOfMultiplier => s.div(unit, multiplier),
        ScaleFormula::Range => range,
        ScaleFormula::Step | ScaleFormula::Binary64 => step,
    };
    divisors.proven = all_within(s, multiplier, MULTIPLIERS);
    if arithmetic.narrowing == Narrowing::After {
        scale = nearest(s, scale, scheme.scale_type());
    }
    // The product with 1 and the sum with 0 change nothing.
    let is_some = s.add(unit, s.mul(one, s.splat(-1.0)));
    let of_zeros = s.mul(one, s.splat(arithmetic.scale_of_zeros::<f32>()));
    scale = s.add(s.mul(scale, is_some), of_zeros);
    s.store_f32(&mut divisors.scales, scale);
    s.store_f32(&mut divisors.hi, multiplier);
    divisors.away = arithmetic.rounding == Rounding::HalfAway;
}

/// 1 where a range is 0, else 0.
#[inline(always)]
fn one_where_zero<S: Simd>(s: S, range: S::F32) -> S::F32 {
    let is_some = s.to_f32(s.min_i32(s.magnitude(range), s.splat_i32(1)));
    s.add(s.splat(1.0), s.mul(is_some, s.splat(-1.0)))
}

/// Scales, each rounded as [`ScaleType::round`] does.
#[inline(always)]
fn rounded<S: Simd>(s: S, scale: S::F32, scale_type: ScaleType) -> S::F32 {
    // Where nothing is subnormal in f16, the scale becomes the nearest number.
    if scale_type == ScaleType::F32 || all_within(s, scale, LEAST_NORMAL_F16..=f32::MAX) {
        return nearest(s, scale, scale_type);
    }
    let mut scales = [0.0; LANES];
    s.store_f32(&mut scales, scale);
    for scale in &mut scales {
        *scale = scale_type.rounded(*scale);
    }
    s.load_f32(&scales)
}

/// The least normal number of f16, 2^-14.
const LEAST_NORMAL_F16: f32 = 1.0 / 16_384.0;

/// Scales, each rounded to the nearest number of a type. None is NaN.
#[inline(always)]
fn nearest<S: Simd>(s: S, scale: S::F32, scale_type: ScaleType) -> S::F32 {
    match scale_type {
        ScaleType::F32 => scale,
        ScaleType::F16 => {
            let mut scales = [f16::ZERO; LANES];
            s.store_f16(&mut scales, scale);
            s.load_f16(&scales)
        }
        ScaleType::Bf16 => {
            let mut scales = [bf16::ZERO; LANES];
            s.store_bf16(&mut scales, scale);
            s.load_bf16(&scales)
        }
    }
}

/// The scales of ranges. The scale of the range 0 is 1. The scale of a range that is infinite or
/// NaN is infinite or NaN too.
#[inline(always)]
fn scales_of<S: Simd>(s: S, range: S::F32, scheme: Scheme) -> S::F32 {
    let one = one_where_zero(s, range);
    let least = s.max_i32(s.magnitude(one), s.splat_i32(f32::MIN_POSITIVE.to_bits() as i32));
    // Numbers that are not negative are ordered like their bits, with NaN above all of them.
    let scale = s.magnitude(s.div(range, s.splat(scheme.steps())));
    let mut bits = [0; LANES];
    s.store_i32(&mut bits, s.max_i32(scale, least));
    rounded(s, s.load_f32(bytemuck::must_cast_ref(&bits)), scheme.scale_type())
}

/// The largest magnitude of each group. It is NaN or infinite if a value is.
#[inline(always)]
fn abs_max<S: Simd, T: Value, const G: usize>(s: S, x: &[[T; G]; LANES]) -> S::F32 {
    let mut peaks = [s.splat_i32(0); LANES];
    for (group, of_group) in x.iter().zip(&mut peaks) {
        let mut peak = s.splat_i32(0);
        for v in group.as_chunks().0 {
            peak = s.max_i32(peak, s.magnitude(T::load(s, v)));
        }
        *of_group = peak;
    }
    let mut bits = [0; LANES];
    s.store_i32(&mut bits, s.max_each(&peaks));
    s.load_f32(bytemuck::must_cast_ref(&bits))
}

/// The least and the largest value of each group, 0 included. One of them is NaN or infinite if a
/// value is.
#[inline(always)]
fn limits<S: Simd, T: Value, const G: usize>(s: S, x: &[[T; G]; LANES]) -> [S::F32; 2] {
    // Both limits are maxima: the largest value of integers that are ordered like the numbers, the
    // least value of integers that are ordered the other way.
    let zero = s.splat_i32(0);
    let (mut below, mut above) = ([zero; LANES], [zero; LANES]);
    for (i, group) in x.iter().enumerate() {
        let (mut low, mut high) = (zero, zero);
        for v in group.as_chunks().0 {
            let v = s.ordered(T::load(s, v));
            low = s.max_i32(low, s.not_i32(v));
            high = s.max_i32(high, v);
        }
        (below[i], above[i]) = (low, high);
    }
    let (mut max, mut min) = ([0; LANES], [0; LANES]);
    s.store_i32(&mut max, s.max_each(&above));
    s.store_i32(&mut min, s.max_each(&below));
    // Neither maximum is negative. They are the bits of the largest value, and the bits of the
    // least value without its sign.
    let min = s.load_f32(bytemuck::must_cast_ref(&min));
    [s.mul(min, s.splat(-1.0)), s.load_f32(bytemuck::must_cast_ref(&max))]
}

/// Quantizes sixteen groups that are in the cache, by valid divisors.
#[inline(always)]
fn quantize_sixteen<S: Simd, T: Value, const G: usize>(
    s: S,
    x: &[[T; G]],
    recipe: Recipe<'_>,
    divisors: &Divisors,
    q: &mut [[i8; G]],
) {
    let scheme = *recipe.scheme;
    let (x, q) = (x.as_flattened(), q.as_flattened_mut());
    // The zero points of affine groups differ, but the integers in use do not.
    let params = scheme.valid_params(1.0, scheme.offset());
    let grid = Grid::new(params, scheme.is_unsigned());
    if divisors.away {
        s.run(SixteenAway { x, group: G, divisors, grid, q });
    } else if grid.is_centred() && scheme.is_symmetric() {
        grid.finish_centred(s, Sixteen::<T, G, false> { x, divisors, grid, q });
    } else {
        Sixteen::<T, G, true> { x, divisors, grid, q }.with(s, grid.limited(s));
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

/// Sixteen groups of G values, with zero points if `ZEROS`. Ties go to even integers.
struct Sixteen<'a, T, const G: usize, const ZEROS: bool> {
    x: &'a [T],
    divisors: &'a Divisors,
    grid: Grid,
    q: &'a mut [i8],
}

impl<S: Simd, T: Value, const G: usize, const ZEROS: bool> WithFinish<S>
    for Sixteen<'_, T, G, ZEROS>
{
    type Output = ();
    const LOOKS: bool = false;
    const KNOWN: bool = true;

    #[inline(always)]
    fn with<F: Finish<S>>(self, s: S, finish: F) {
        let Self { x, divisors, grid, q } = self;
        // These slices have a length that the compiler knows.
        let (x, q) = (&x[..LANES * G], &mut q[..LANES * G]);
        let blocks = x.as_chunks::<BLOCK>().0.iter().zip(q.as_chunks_mut::<BLOCK>().0);
        for (i, (x, q)) in blocks.enumerate() {
            let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
            let mut v = [s.splat_i32(0); 4];
            for (j, v) in v.iter_mut().enumerate() {
                let group = (i * BLOCK + j * LANES) / G;
                *v = s.round(divisors.quotients(s, &x[j], group));
                if ZEROS {
                    *v = s.add_i32(*v, s.splat_i32(grid.biased(divisors.zero_points[group])));
                }
            }
            s.store_i8(q, finish.finish(s, halve(s, v)));
        }
    }
}

/// Sixteen groups of `group` values, with zero points. Ties go away from 0, which takes so long that
/// not knowing the length of a group costs little.
struct SixteenAway<'a, T> {
    x: &'a [T],
    group: usize,
    divisors: &'a Divisors,
    grid: Grid,
    q: &'a mut [i8],
}

impl<T: Value> Kernel for SixteenAway<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, group, divisors, grid, q } = self;
        // A group is 2^shift vectors.
        let (finish, shift) = (grid.limited(s), (group / LANES).trailing_zeros());
        let len = LANES * group;
        let blocks =
            x[..len].as_chunks::<BLOCK>().0.iter().zip(q[..len].as_chunks_mut::<BLOCK>().0);
        for (i, (x, q)) in blocks.enumerate() {
            let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
            let mut v = [s.splat_i32(0); 4];
            for (j, v) in v.iter_mut().enumerate() {
                let group = (i * 4 + j) >> shift;
                let zero_point = s.splat_i32(grid.biased(divisors.zero_points[group]));
                *v = s.add_i32(s.round_away(divisors.quotients(s, &x[j], group)), zero_point);
            }
            s.store_i8(q, finish.finish(s, halve(s, v)));
        }
    }
}
