//! What is written for each set: its parameters, and the sum of its integers.

use core::ops::Range;

use crate::set_params::Params;
use crate::stored::{ScalesMut, ZeroPointsMut, take_first};

/// What is written for many sets. There are as many zero points as scales, or none.
#[derive(Debug)]
pub(crate) struct SetOutputs<'a> {
    pub(crate) scales: ScalesMut<'a>,
    pub(crate) zero_points: ZeroPointsMut<'a>,
    /// The sum of the integers of each set, if it is wanted.
    pub(crate) sums: Option<&'a mut [i32]>,
    /// The sum times the scale, rounded once, if it is wanted.
    pub(crate) scaled_sums: Option<&'a mut [f32]>,
}

impl<'a> SetOutputs<'a> {
    /// Nothing is written.
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self {
            scales: ScalesMut::F32(&mut []),
            zero_points: ZeroPointsMut::I32(&mut []),
            sums: None,
            scaled_sums: None,
        }
    }

    /// Borrows all outputs again, for a shorter lifetime.
    #[inline(always)]
    pub(crate) fn reborrow(&mut self) -> SetOutputs<'_> {
        let Self { scales, zero_points, sums, scaled_sums } = self;
        SetOutputs {
            scales: scales.reborrow(),
            zero_points: zero_points.reborrow(),
            sums: sums.as_deref_mut(),
            scaled_sums: scaled_sums.as_deref_mut(),
        }
    }

    /// The number of sets, if scales are wanted.
    #[inline(always)]
    pub(crate) const fn scale_count(&self) -> usize {
        self.scales.len()
    }

    /// The parameters, to be read, and the sums, which are still to be written.
    pub(crate) fn split(self) -> (Params<'a>, Self) {
        let Self { scales, zero_points, sums, scaled_sums } = self;
        let (scales, zero_points) = (scales.into_read(), zero_points.into_read());
        let params = Params { scales, zero_points, offset: 0 };
        (params, Self { sums, scaled_sums, ..Self::none() })
    }

    /// Whether integers are added up.
    #[inline(always)]
    pub(crate) const fn wants_sums(&self) -> bool {
        self.sums.is_some() || self.scaled_sums.is_some()
    }

    /// Writes the parameters of a set.
    #[inline(always)]
    pub(crate) fn set(&mut self, set: usize, scale: f32, zero_point: i32) {
        self.scales.set(set, scale);
        self.zero_points.set(set, zero_point);
    }

    /// Writes the sum of a set, if it is wanted.
    #[inline(always)]
    pub(crate) fn set_sum(&mut self, set: usize, sum: i32, scale: f32) {
        if let Some(sums) = &mut self.sums {
            sums[set] = sum;
        }
        if let Some(scaled_sums) = &mut self.scaled_sums {
            scaled_sums[set] = scaled(sum, scale);
        }
    }

    /// The outputs of some sets.
    #[inline(always)]
    pub(crate) fn part(&mut self, sets: Range<usize>) -> SetOutputs<'_> {
        let Self { scales, zero_points, sums, scaled_sums } = self;
        SetOutputs {
            scales: scales.part(sets.clone()),
            zero_points: zero_points.part(sets.clone()),
            sums: sums.as_deref_mut().map(|sums| &mut sums[sets.clone()]),
            scaled_sums: scaled_sums.as_deref_mut().map(|sums| &mut sums[sets]),
        }
    }

    /// Takes the outputs of the first sets away, or all if there are fewer.
    pub(crate) fn take_first(&mut self, sets: usize) -> Self {
        let Self { scales, zero_points, sums, scaled_sums } = self;
        Self {
            scales: scales.take_first(sets),
            zero_points: zero_points.take_first(sets),
            sums: sums.as_mut().map(|sums| take_first(sums, sets)),
            scaled_sums: scaled_sums.as_mut().map(|sums| take_first(sums, sets)),
        }
    }

    /// The first set whose scale is not finite.
    pub(crate) fn first_not_finite(&self) -> Option<usize> {
        if let ScalesMut::F32(scales) = &self.scales {
            // Without an early exit, the compiler makes vectors of the loop.
            let all = scales.iter().fold(true, |all, scale| all & scale.is_finite());
            return if all { None } else { scales.iter().position(|scale| !scale.is_finite()) };
        }
        let scales = self.scales.read();
        (0..scales.len()).find(|&set| !scales.get(set).is_finite())
    }
}

/// sum * scale, rounded once, for a positive scale.
///
/// The significand of the scale times the magnitude of the sum is an integer below 2^55, whose
/// conversion rounds once. The product with a power of two that follows rounds nothing: if the
/// result is subnormal, the integer is below 2^24, so the conversion was exact and the result is a
/// multiple of the least subnormal number.
fn scaled(sum: i32, scale: f32) -> f32 {
    let bits = scale.to_bits();
    let (exponent, fraction) = (bits >> 23, bits & 0x007f_ffff);
    let (exponent, significand) =
        if exponent == 0 { (1, fraction) } else { (exponent, fraction | 0x0080_0000) };
    let product = (u64::from(significand) * u64::from(sum.unsigned_abs())) as f32;
    // The exponent of a binary64 number is larger by 1023 where that of a binary32 number is larger
    // by 127. The significand has 23 bits behind the point.
    let unit = f64::from_bits(u64::from(exponent + 1023 - 127 - 23) << 52);
    let magnitude = (f64::from(product) * unit) as f32;
    if sum < 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::scaled;

    /// Below 2^29, the product of binary64 numbers is exact.
    #[test]
    fn scaled_sums_are_rounded_once() {
        let mut random = 1u64;
        for _ in 0..1_000_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let sum = (random >> 32) as i32 >> (3 + (random & 15));
            let scale = f32::from_bits((random >> 8) as u32 & 0x7f7f_ffff);
            let exact = (f64::from(sum) * f64::from(scale)) as f32;
            assert_eq!(scaled(sum, scale).to_bits(), exact.to_bits(), "{sum} * {scale:e}");
        }
    }

    /// Products of 55 bits, by integers of 128 bits.
    #[test]
    fn large_sums_are_rounded_once_too() {
        for sum in (i32::MAX - 4096)..i32::MAX {
            for significand in [0x0080_0001u32, 0x00ab_cdef, 0x00ff_ffff] {
                let scale = f32::from_bits(significand & 0x007f_ffff | 127 << 23);
                let exact = u128::from(significand) * sum as u128;
                let shift = 128 - exact.leading_zeros() - 24;
                let (kept, lost) = (exact >> shift, exact & ((1 << shift) - 1));
                let half = 1 << (shift - 1);
                let up = lost > half || (lost == half && kept & 1 == 1);
                let expected = ((kept + u128::from(up)) << shift) as f64 / 8_388_608.0;
                assert_eq!(f64::from(scaled(sum, scale)), expected, "{sum} * {scale:e}");
            }
        }
    }
}
