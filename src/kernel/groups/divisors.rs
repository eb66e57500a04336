//! The parameters of sixteen groups, in vectors.

use core::ops::RangeInclusive;

use half::{bf16, f16};

use crate::arithmetic::{Multiplier, Narrowing, Rounding, ScaleFormula};
use crate::kernel::blocks::{Traffic, fetch_ahead};
use crate::recipe::Recipe;
use crate::reciprocal::{MULTIPLIERS, PROVEN};
use crate::simd::{LANES, Simd, Value};
use crate::{Arithmetic, ScaleType, Scheme};

/// The divisors of sixteen groups.
#[derive(Clone, Copy, Default)]
pub(super) struct Divisors {
    pub(super) scales: [f32; LANES],
    hi: [f32; LANES],
    lo: [f32; LANES],
    pub(super) zero_points: [i32; LANES],
    /// Whether all scales are in the proven range. If not, nothing else is valid.
    pub(super) proven: bool,
    /// Whether ties are rounded away from 0.
    pub(super) away: bool,
}

impl Divisors {
    /// Divides sixteen values by the scale of a group.
    #[inline(always)]
    pub(super) fn quotients<S: Simd, T: Value>(
        &self,
        s: S,
        x: &[T; LANES],
        group: usize,
    ) -> S::F32 {
        let Self { scales, hi, lo, .. } = self;
        let divisor = s.divisor(s.splat(scales[group]), s.splat(hi[group]), s.splat(lo[group]));
        s.div_by(T::load(s, x), divisor)
    }
}

/// [`Recipe::choose`] for each of sixteen groups, with the reciprocals of the scales.
#[inline(always)]
pub(super) fn divisors_of<S: Simd, T: Value, const G: usize>(
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

/// Whether the magnitudes of all lanes are in a range.
#[inline(always)]
pub(super) fn all_within<S: Simd>(s: S, v: S::F32, range: RangeInclusive<f32>) -> bool {
    let [least, most] = [range.start(), range.end()].map(|end| end.to_bits().cast_signed());
    s.all_within(s.magnitude(v), least, most)
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
