//! The kernel of the enumeration that [`crate::division`] rests on.

use core::array::from_fn;
use core::ops::Range;

use crate::reciprocal::Reciprocal;
use crate::simd::{Kernel, LANES, Simd};

/// The number of binary32 significands, and so the number of scales that a whole
/// [`check`](crate::division::check) tries.
pub const SIGNIFICANDS: u32 = 1 << (f32::MANTISSA_DIGITS - 1);

/// What [`check`](crate::division::check) counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Values divided both ways.
    pub cases: u64,
    /// Values that the two ways rounded to different integers.
    pub mismatches: u64,
    /// Windows that did not contain the step that they were laid around. Such a window proves
    /// nothing.
    pub stepless: u64,
}

/// Divides in both ways around every step of the scales 1 + i * 2^-23.
pub(crate) struct CheckDivision {
    pub(crate) significands: Range<u32>,
    pub(crate) reciprocal: fn(f32) -> Option<Reciprocal>,
}

/// The number of steps of each scale that are tried: the steps at (k + 1/2) s for k in 0..STEPS.
const STEPS: u32 = 256;

/// The number of floats that are tried on either side of a step's float.
const REACH: i32 = 4;

impl Kernel for CheckDivision {
    type Output = Tally;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> Tally {
        let mut tally = Tally::default();
        let end = self.significands.end.min(SIGNIFICANDS);
        // Sixteen scales at a time; the last group may have fewer.
        for first in (self.significands.start..end).step_by(LANES) {
            let live = (end - first).min(LANES as u32) as usize;
            let scales: [f32; LANES] =
                from_fn(|i| f32::from_bits(1f32.to_bits() + (first + i as u32).min(end - 1)));
            let pairs = scales.map(|scale| (self.reciprocal)(scale));
            let hi = pairs.map(|r| r.map_or(f32::NAN, |r| r.hi));
            let lo = pairs.map(|r| r.map_or(f32::NAN, |r| r.lo));
            let scale = s.load_f32(&scales);
            let divisor = s.divisor(scale, s.load_f32(&hi), s.load_f32(&lo));
            let (mut mismatches, mut stepless) = (s.splat_i32(0), s.splat_i32(0));
            for k in 0..STEPS {
                let step = bits(s, s.mul(scale, s.splat(k as f32 + 0.5)));
                let first = s.add_i32(step, s.splat_i32(-REACH));
                let mut before = s.splat_i32(0);
                for offset in 0..=2 * REACH {
                    let x = from_bits(s, s.add_i32(first, s.splat_i32(offset)));
                    let (product, quotient) =
                        (s.round(s.div_by(x, divisor)), s.round(s.div(x, scale)));
                    mismatches = s.add_i32(mismatches, differ(s, product, quotient));
                    if offset == 0 {
                        before = quotient;
                    }
                    if offset == 2 * REACH {
                        let after = s.add_i32(before, s.splat_i32(1));
                        stepless = s.add_i32(stepless, differ(s, quotient, after));
                    }
                }
            }
            tally.cases += live as u64 * u64::from(STEPS) * (2 * REACH as u64 + 1);
            tally.mismatches += sum(s, mismatches, live);
            tally.stepless += sum(s, stepless, live);
        }
        tally
    }
}

/// The bits of the lanes.
#[inline(always)]
fn bits<S: Simd>(s: S, v: S::F32) -> S::I32 {
    let mut lanes = [0.0; LANES];
    s.store_f32(&mut lanes, v);
    s.load_i32(bytemuck::must_cast_ref(&lanes))
}

/// The numbers that have these bits.
#[inline(always)]
fn from_bits<S: Simd>(s: S, bits: S::I32) -> S::F32 {
    let mut lanes = [0; LANES];
    s.store_i32(&mut lanes, bits);
    s.load_f32(bytemuck::must_cast_ref(&lanes))
}

/// 1 in lanes that differ, else 0.
#[inline(always)]
fn differ<S: Simd>(s: S, a: S::I32, b: S::I32) -> S::I32 {
    let one = s.splat_i32(1);
    // -b is the complement of b, plus 1. The difference or its opposite is positive.
    let difference = s.add_i32(a, s.add_i32(s.not_i32(b), one));
    let opposite = s.add_i32(s.not_i32(difference), one);
    s.min_i32(s.max_i32(difference, opposite), one)
}

/// The sum of the first lanes, which are counts.
#[inline(always)]
fn sum<S: Simd>(s: S, counts: S::I32, lanes: usize) -> u64 {
    let mut of_lanes = [0; LANES];
    s.store_i32(&mut of_lanes, counts);
    of_lanes[..lanes].iter().map(|&count| u64::from(count.cast_unsigned())).sum()
}
