//! Finds where to cut off the values of a histogram, because the few largest values make the steps
//! of all others coarse.

use alloc::vec;
use alloc::vec::Vec;

use super::histogram::Histogram;
use crate::environment::in_default;
use crate::limits::Limits;
use crate::{Backend, Error, QuantParams, Result, Scheme};

/// A percentage above 0 and at most 100.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub(super) struct Percent(f64);

impl TryFrom<f64> for Percent {
    type Error = Error;

    fn try_from(percent: f64) -> Result<Self> {
        in_default(percent, |percent| {
            if 0.0 < percent && percent <= 100.0 {
                Ok(Self(percent))
            } else {
                Err(Error::InvalidPercent { percent })
            }
        })
    }
}

impl From<Percent> for f64 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl Histogram {
    /// The magnitude that `percent` of the observed magnitudes do not exceed, up to the width of a
    /// bin. It is the largest magnitude of the bin of the kth smallest |x|, with k = ceil(percent *
    /// count / 100), but never more than the largest |x|. It is 0 before anything was observed.
    ///
    /// k is computed in binary64, where the product and the quotient are rounded.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPercent`] unless 0 < `percent` <= 100.
    ///
    /// ```
    /// use absmax::Histogram;
    ///
    /// let mut histogram = Histogram::new();
    /// histogram.observe(&[1.0; 999])?;
    /// histogram.observe(&[-1000.0])?;
    /// assert_eq!(histogram.percentile(99.9)?, 1.0078124);
    /// assert_eq!(histogram.percentile(100.0)?, 1000.0);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn percentile(&self, percent: f64) -> Result<f32> {
        let percent = Percent::try_from(percent)?;
        Ok(in_default((self, percent), |(this, percent)| this.magnitude_at(percent)))
    }

    pub(super) fn magnitude_at(&self, Percent(percent): Percent) -> f32 {
        let abs_max = self.limits.map_or(0.0, Limits::abs_max);
        let bins = self.bins.as_slice();
        // The sums are wider than the counts, so they are exact even if counts are saturated.
        let mut magnitudes: Vec<(u16, u128)> =
            bins.iter().map(|&(key, count)| (key.magnitude(), count.into())).collect();
        magnitudes.sort_unstable();
        let total: u128 = magnitudes.iter().map(|(_, count)| count).sum();
        let rank = ceil(percent * total as f64 / 100.0).min(total);
        let mut seen = 0;
        let bin = magnitudes.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        let upper = bin.map_or(0.0, |&(bin, _)| f32::from_bits(u32::from(bin) << 16 | 0xffff));
        if upper < abs_max { upper } else { abs_max }
    }

    /// The clip c with the least squared error. The observed values are limited to [-c, c], and the
    /// scheme gets its parameters from what is left of their range.
    ///
    /// The error of a clip is the sum of count * e^2 over the bins from the least to the largest,
    /// in binary64. Here e = v - dequantize(quantize(v)), and v is the middle of the bin, limited
    /// to the least and the largest value observed. So the sum is the same on every CPU.
    ///
    /// The candidates are c = abs_max * 2^(-k/64), where the power and the product are rounded to
    /// binary32. The search tries every eighth k from 0 to 504, and then the seven on both sides of
    /// the best of those. The first candidate does not clip at all, and the larger of two equally
    /// good ones is taken, so the error is at most that of abs_max. A candidate whose scale
    /// overflows its type is passed over, and the result is abs_max if there is no other candidate.
    /// The result is 0 before anything was observed.
    ///
    /// The search takes some eighty passes over the bins, however many values were observed.
    ///
    /// ```
    /// use absmax::{Histogram, Scheme};
    ///
    /// // Many small values and one that is large: 4 bits are better spent on the many, 8 are
    /// // enough for all.
    /// let mut histogram = Histogram::new();
    /// let small: Vec<f32> = (-5000..=5000).map(|i| i as f32 / 5000.0).collect();
    /// histogram.observe(&small)?;
    /// histogram.observe(&[8.0])?;
    /// assert_eq!(histogram.mse_clip(Scheme::int4()), 1.0108893);
    /// assert!(histogram.mse_clip(Scheme::int8()) > 7.0);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn mse_clip(&self, scheme: Scheme) -> f32 {
        in_default(self, |this| this.best_clip(scheme))
    }

    /// [`Histogram::mse_clip`] in the default environment.
    fn best_clip(&self, scheme: Scheme) -> f32 {
        let Some(limits) = self.limits else { return 0.0 };
        let sample = Sample::new(self, limits);
        let abs_max = limits.abs_max();
        let error = |step| {
            let Limits { min, max } = limits.clipped(abs_max * factor(step));
            scheme.params(min, max).and_then(|params| sample.squared_error(params))
        };
        let coarse = best((0..COARSE_STEPS).map(|i| i * COARSE), error);
        let fine = best(coarse.saturating_sub(COARSE - 1)..=coarse + (COARSE - 1), error);
        abs_max * factor(fine)
    }
}

/// The number of coarse candidates.
const COARSE_STEPS: u32 = 64;

/// The number of steps from one coarse candidate to the next.
const COARSE: u32 = 8;

/// The first of the steps with the least error, or the first of all steps if none has a finite
/// error.
fn best(steps: impl Iterator<Item = u32> + Clone, error: impl Fn(u32) -> Result<f64>) -> u32 {
    let first = steps.clone().next().unwrap_or(0);
    let errors = steps.filter_map(|step| error(step).ok().map(|error| (step, error)));
    let least = (first, f64::INFINITY);
    errors.fold(least, |least, next| if next.1 < least.1 { next } else { least }).0
}

/// 2^(-step / 64), rounded to binary32.
fn factor(step: u32) -> f32 {
    /// 2^(-2^i / 64).
    const ROOTS: [f64; 6] = [
        0.989_228_013_193_975_5,
        0.978_572_062_087_700_1,
        0.957_603_280_698_573_6,
        0.917_004_043_204_671_2,
        0.840_896_415_253_714_5,
        core::f64::consts::FRAC_1_SQRT_2,
    ];
    let (halvings, fraction) = (step / 64, step % 64);
    let roots = ROOTS.iter().enumerate().filter(|(i, _)| fraction >> i & 1 == 1);
    let fraction: f64 = roots.map(|(_, root)| root).product();
    (0..halvings).fold(fraction as f32, |factor, _| factor / 2.0)
}

/// A value and a count for each bin.
struct Sample {
    values: Vec<f32>,
    counts: Vec<f64>,
}

impl Sample {
    fn new(histogram: &Histogram, Limits { min, max }: Limits) -> Self {
        let bins = histogram.bins.as_slice().iter();
        let bins = bins.map(|&(key, count)| (key.middle().clamp(min, max), count as f64));
        let (values, counts) = bins.unzip();
        Self { values, counts }
    }

    /// The sum of count * e^2.
    fn squared_error(&self, params: QuantParams) -> Result<f64> {
        let mut approximations = vec![0.0; self.values.len()];
        let backend = Backend::best().with_threads(1);
        backend.fake_quantize_into(&self.values, params, &mut approximations)?;
        let pairs = self.values.iter().zip(&approximations).zip(&self.counts);
        Ok(pairs.fold(0.0, |sum, ((&value, &approximation), count)| {
            let e = f64::from(value) - f64::from(approximation);
            sum + count * (e * e)
        }))
    }
}

/// The least integer that is not below `x`, which is positive.
fn ceil(x: f64) -> u128 {
    let whole = x as u128;
    whole + u128::from((whole as f64) < x)
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    /// Tries all steps there are, so that nothing about the roots needs to be believed.
    #[test]
    fn the_factors_are_powers_of_two() {
        for step in 0..64 * 8 + 8 {
            let power = (-f64::from(step) / 64.0).exp2();
            assert_eq!(factor(step), power as f32, "{step}");
            // The result is the same whichever way the last bits of `power` were rounded.
            let slack = power * 1e-15;
            assert_eq!((power - slack) as f32, (power + slack) as f32, "{step}");
        }
    }

    #[test]
    fn ceil_rounds_up() {
        let cases = [(0.1, 1), (1.0, 1), (1.5, 2), (2f64.powi(64), 1 << 64), (1e-300, 1)];
        for (x, expected) in cases {
            assert_eq!(ceil(x), expected, "{x}");
        }
    }
}
