//! Counts how many of the observed values are in each bin.

use super::bins::Bins;
use super::finite_limits::finite_limits;
use crate::drive::{self, CHUNK};
use crate::environment::Environment;
use crate::limits::Limits;
use crate::{Backend, Element, Result};

/// The number of values that are counted at a time, which is many more than there are counts.
const PORTION: usize = 4 * CHUNK;

/// Counts how many of the observed values are in each bin, over the whole range of binary32, and
/// keeps the least and the largest of them exactly.
///
/// A bin is the upper 16 bits of the binary32 pattern: sign, exponent and 7 bits of the
/// significand. There are 128 bins from one power of two to the next, and the bins of normal
/// numbers are no wider than 1/128 of their values. Bins are the same whatever the data are, so
/// counts can be added: histograms of parts, merged in any order, are the histogram of the whole,
/// to the last count. Only bins that hold something are stored. A zero is +0 whatever its sign.
/// Counts stop at [`u64::MAX`].
///
/// ```
/// use absmax::{Histogram, Scheme};
///
/// let mut histogram = Histogram::new();
/// histogram.observe(&[0.25, -0.5, 0.5, 100.0])?;
/// assert_eq!((histogram.count(), histogram.min_max()), (4, Some((-0.5, 100.0))));
/// assert_eq!(histogram.percentile(75.0)?, 0.5039062); // the last number of the bin of 0.5
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "StoredHistogram"))]
pub struct Histogram {
    pub(super) bins: Bins,
    /// `None` before anything was observed.
    pub(super) limits: Option<Limits>,
}

/// A [`Histogram`] as it was read. Each part is valid by itself, but the parts may not fit one
/// another.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
pub(super) struct StoredHistogram {
    pub(super) bins: Bins,
    pub(super) limits: Option<Limits>,
}

/// A bin of a [`Histogram`] and how many of the observed values it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// The least number of the bin, observed or not.
    pub lower: f32,
    /// The largest number of the bin. Both edges belong to it.
    pub upper: f32,
    /// The number of values observed in the bin, at least 1.
    pub count: u64,
}

impl Histogram {
    /// A histogram of no values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the values of `x`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`](crate::Error::NotFinite) with the first NaN or infinity; then nothing
    /// is counted.
    pub fn observe<T: Element>(&mut self, x: &[T]) -> Result<()> {
        Backend::best().observe_histogram(self, x)
    }

    /// Adds what another histogram counted.
    ///
    /// ```
    /// use absmax::Histogram;
    ///
    /// let (mut a, mut b, mut both) = (Histogram::new(), Histogram::new(), Histogram::new());
    /// a.observe(&[1.0, 2.0])?;
    /// b.observe(&[-3.0])?;
    /// both.observe(&[1.0, 2.0, -3.0])?;
    /// a.merge(&b);
    /// assert_eq!(a, both);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn merge(&mut self, other: &Self) {
        let _environment = Environment::enter();
        self.bins.merge(&other.bins);
        self.limits = Limits::merge_seen(self.limits, other.limits);
    }

    /// The number of values observed.
    pub fn count(&self) -> u64 {
        self.bins.as_slice().iter().fold(0, |sum, &(_, count)| sum.saturating_add(count))
    }

    /// The least and the largest value observed, exactly, or `None` before anything was observed.
    pub fn min_max(&self) -> Option<(f32, f32)> {
        self.limits.map(|Limits { min, max }| (min, max))
    }

    /// The bins that hold something, from the least to the largest, as a plot needs them.
    ///
    /// ```
    /// use absmax::{Bin, Histogram};
    ///
    /// let mut histogram = Histogram::new();
    /// histogram.observe(&[1.0, 1.001, -2.0])?;
    /// let bins: Vec<Bin> = histogram.bins().collect();
    /// assert_eq!(bins[0], Bin { lower: -2.0156248, upper: -2.0, count: 1 });
    /// assert_eq!(bins[1], Bin { lower: 1.0, upper: 1.0078124, count: 2 });
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn bins(&self) -> impl ExactSizeIterator<Item = Bin> + '_ {
        let bins = self.bins.as_slice().iter();
        bins.map(|&(key, count)| Bin { lower: key.lower(), upper: key.upper(), count })
    }
}

impl Backend {
    /// [`Histogram::observe`] on this backend.
    ///
    /// # Errors
    ///
    /// Fails as [`Histogram::observe`] does.
    pub fn observe_histogram<T: Element>(self, histogram: &mut Histogram, x: &[T]) -> Result<()> {
        let _environment = Environment::enter();
        let limits = finite_limits(self, x)?;
        let see = |bins: &mut Bins, x: &[T]| bins.merge(&Bins::of(x));
        let merge = |mut one: Bins, other: Bins| {
            one.merge(&other);
            one
        };
        let (portions, threads) = (x.chunks(PORTION), self.threads());
        let seen = drive::fold(portions, x.len(), threads, Bins::default, see, merge);
        histogram.bins.merge(&seen);
        histogram.limits = Limits::merge_seen(histogram.limits, limits);
        Ok(())
    }
}
