//! Measures how far a quantized tensor is from its source.

use crate::environment::in_default;
use crate::error::same_length;
use crate::kernel::Sums;
use crate::{Backend, Element, Result};

/// The error between values x and their approximations x', with e = x - x'.
///
/// The sums are in binary64, over blocks of a fixed size that are added in order. So neither the
/// instruction set nor the number of threads changes a bit.
///
/// ```
/// use absmax::{Backend, ErrorStats};
///
/// let stats = Backend::best().error_stats(&[1.0, -2.0, 2.0], &[1.0, -2.0, 1.0])?;
/// assert_eq!(stats.mse(), 1.0 / 3.0);
/// assert_eq!(stats.max_abs(), 1.0);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrorStats(Sums);

impl ErrorStats {
    /// The number of values. Of merged stats, [`u64::MAX`] stands for more.
    pub const fn count(&self) -> u64 {
        self.0.count
    }

    /// The mean squared error, mean(e^2). It is 0 if there are no values, NaN if an error is NaN,
    /// and infinite if an error is.
    pub fn mse(&self) -> f64 {
        in_default(
            self.0,
            |Sums { count, ee, .. }| if count == 0 { 0.0 } else { ee / count as f64 },
        )
    }

    /// The largest error, max |e|. It is NaN if an error is NaN.
    pub fn max_abs(&self) -> f64 {
        in_default(self.0, |Sums { ee, max_abs, .. }| if ee.is_nan() { f64::NAN } else { max_abs })
    }

    /// The signal to quantization noise ratio, 10 log10(sum x^2 / sum e^2), in decibels. It is
    /// infinite if there is no error, minus infinity if all values are 0 and an error is not, and
    /// NaN if an error is NaN.
    ///
    /// ```
    /// let stats = absmax::Backend::best().error_stats(&[1.0, -2.0, 2.0], &[1.0, -2.0, 1.0])?;
    /// assert!((stats.sqnr_db() - 9.542).abs() < 1e-3); // 10 log10(9 / 1)
    /// # Ok::<(), absmax::Error>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn sqnr_db(&self) -> f64 {
        in_default(
            self.0,
            |Sums { ee, xx, .. }| {
                if ee == 0.0 { f64::INFINITY } else { 10.0 * (xx / ee).log10() }
            },
        )
    }

    /// The cosine of the angle between x and x', <x, x'> / (|x| |x'|). It is 1 if both are zero.
    #[cfg(feature = "std")]
    pub fn cosine(&self) -> f64 {
        in_default(
            self.0,
            |Sums { xx, yy, xy, .. }| {
                if xx == 0.0 && yy == 0.0 { 1.0 } else { xy / (xx.sqrt() * yy.sqrt()) }
            },
        )
    }

    /// The stats of this tensor followed by another.
    pub fn merge(self, other: Self) -> Self {
        Self(in_default((self.0, other.0), |(one, other)| one.merge(other)))
    }
}

impl Backend {
    /// The error between `x` and its approximation `y`.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`](crate::Error::LengthMismatch) if the lengths differ.
    pub fn error_stats<T: Element>(self, x: &[T], y: &[f32]) -> Result<ErrorStats> {
        same_length("approximation", x.len(), y.len())?;
        Ok(ErrorStats(T::error_sums(self, x, y)))
    }
}
