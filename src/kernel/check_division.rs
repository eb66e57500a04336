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
const REACH: u32 = 4;

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
            let (mut mismatches, mut stepless) = ([0u32; LANES], [0u32; LANES]);
            // Nothing overflows. To say so lets the compiler make vectors of the loops even where
            // overflow is checked, which takes a tenth of the time.
            for k in 0..STEPS {
                let step =
                    scales.map(|scale| ((k as f32 + 0.5) * scale).to_bits().wrapping_sub(REACH));
                let mut before = [0; LANES];
                for offset in 0..=2 * REACH {
                    let x = s.load_f32(&step.map(|bits| f32::from_bits(bits.wrapping_add(offset))));
                    let (mut product, mut quotient) = ([0; LANES], [0; LANES]);
                    s.store_i32(&mut product, s.round(s.div_by(x, divisor)));
                    s.store_i32(&mut quotient, s.round(s.div(x, scale)));
                    for i in 0..LANES {
                        let differs = u32::from(product[i] != quotient[i]);
                        mismatches[i] = mismatches[i].wrapping_add(differs);
                    }
                    if offset == 0 {
                        before = quotient;
                    }
                    if offset == 2 * REACH {
                        for i in 0..LANES {
                            let stays = u32::from(quotient[i] != before[i].wrapping_add(1));
                            stepless[i] = stepless[i].wrapping_add(stays);
                        }
                    }
                }
            }
            tally.cases += live as u64 * u64::from(STEPS) * u64::from(2 * REACH + 1);
            tally.mismatches += mismatches[..live].iter().map(|&n| u64::from(n)).sum::<u64>();
            tally.stepless += stepless[..live].iter().map(|&n| u64::from(n)).sum::<u64>();
        }
        tally
    }
}
