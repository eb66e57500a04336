//! Finds the parameters that a tensor is quantized with from the values that it takes, batch by
//! batch.

use super::abs_max::AbsMax;
use super::clip::Percent;
use super::histogram::Histogram;
use super::min_max::MinMax;
use super::moving_average::{Constant, MovingAverage};
use crate::environment::{Environment, in_default};
use crate::limits::Limits;
use crate::{Backend, Element, Error, ObserverKind, QuantParams, Result, Scheme};

/// Watches the values of a tensor, batch by batch, and says with which parameters to quantize it.
///
/// | constructor | limits | merges |
/// |---|---|---|
/// | [`abs_max`](Observer::abs_max) | -max\|x\|, max\|x\| | yes |
/// | [`min_max`](Observer::min_max) | min x, max x | yes |
/// | [`moving_average`](Observer::moving_average) | averages of the batches' min x and max x | no |
/// | [`percentile`](Observer::percentile) | min x and max x, cut off at a percentile of \|x\| | yes |
/// | [`mse`](Observer::mse) | min x and max x, cut off where the squared error is least | yes |
///
/// An observer keeps one set of limits, whatever the granularity of a scheme is. For one scale per
/// channel, use one observer per channel. The state of an observer depends on the values alone, not
/// on the instruction set or the number of threads. Unless the observer is a moving average, its
/// state does not depend on the order of the values or on the batches either.
///
/// ```
/// use absmax::{Observer, Scheme};
///
/// let mut observer = Observer::min_max();
/// for batch in [[-1.0, 0.5, 3.0], [0.0, 254.0, 7.0]] {
///     observer.observe(&batch)?;
/// }
/// let params = observer.params(Scheme::uint8())?;
/// assert_eq!((params.scale(), params.zero_point()), (1.0, 1));
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Observer(State);

#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum State {
    AbsMax(AbsMax),
    MinMax(MinMax),
    MovingAverage(MovingAverage),
    Percentile { percent: Percent, histogram: Histogram },
    Mse { histogram: Histogram },
}

impl Observer {
    /// The limits are -max|x| and max|x| of all batches.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// let mut observer = Observer::abs_max();
    /// observer.observe(&[1.0, -254.0])?;
    /// assert_eq!(observer.params(Scheme::int8())?.scale(), 2.0);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn abs_max() -> Self {
        Self(State::AbsMax(AbsMax::default()))
    }

    /// The limits are min x and max x of all batches. A zero is +0 whatever its sign.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// let mut observer = Observer::min_max();
    /// observer.observe(&[1.0, -0.5])?;
    /// observer.observe(&[2.0])?;
    /// assert_eq!(observer.limits(Scheme::uint8()), Some((-0.5, 2.0)));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn min_max() -> Self {
        Self(State::MinMax(MinMax::default()))
    }

    /// The limits are moving averages of the batches' min x and max x: the first batch sets them,
    /// and each one after it moves them by
    ///
    /// ```text
    /// min += constant * (batch_min - min)        max += constant * (batch_max - max)
    /// ```
    ///
    /// in binary32, where each operation is rounded. This is what `PyTorch`'s
    /// `MovingAverageMinMaxObserver` computes, whose default constant is 0.01. Where the average
    /// would overflow, it is computed in binary64 and rounded once. Where rounding puts min above
    /// max, they are exchanged.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidAveragingConstant`] unless 0 < `constant` <= 1.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// let mut observer = Observer::moving_average(0.25)?;
    /// observer.observe(&[-1.0, 2.0])?;
    /// observer.observe(&[-5.0, 4.0])?;
    /// assert_eq!(observer.limits(Scheme::int8()), Some((-2.0, 2.5)));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn moving_average(constant: f32) -> Result<Self> {
        let constant = Constant::try_from(constant)?;
        Ok(Self(State::MovingAverage(MovingAverage::new(constant))))
    }

    /// The limits are min x and max x, limited to [-c, c], where c is [`Histogram::percentile`] of
    /// all batches: `percent` of the magnitudes do not exceed it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidPercent`] unless 0 < `percent` <= 100.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// let mut observer = Observer::percentile(99.0)?;
    /// observer.observe(&[0.5; 99])?;
    /// observer.observe(&[-1000.0])?;
    /// assert_eq!(observer.limits(Scheme::int8()), Some((-0.5039062, 0.5)));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn percentile(percent: f64) -> Result<Self> {
        let percent = Percent::try_from(percent)?;
        Ok(Self(State::Percentile { percent, histogram: Histogram::new() }))
    }

    /// The limits are min x and max x, limited to [-c, c], where c is [`Histogram::mse_clip`] of
    /// all batches: the one with the least squared error, which depends on the scheme.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// let mut observer = Observer::mse();
    /// let small: Vec<f32> = (-5000..=5000).map(|i| i as f32 / 5000.0).collect();
    /// observer.observe(&small)?;
    /// observer.observe(&[8.0])?;
    /// assert_eq!(observer.limits(Scheme::int4()), Some((-1.0, 1.0108893)));
    /// assert!(observer.limits(Scheme::int8()).is_some_and(|(min, max)| min == -1.0 && max > 7.0));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn mse() -> Self {
        Self(State::Mse { histogram: Histogram::new() })
    }

    /// The kind of the observer, with its setting.
    pub fn kind(&self) -> ObserverKind {
        match &self.0 {
            State::AbsMax(_) => ObserverKind::AbsMax,
            State::MinMax(_) => ObserverKind::MinMax,
            State::MovingAverage(average) => {
                ObserverKind::MovingAverage { constant: average.constant().into() }
            }
            State::Percentile { percent, .. } => {
                ObserverKind::Percentile { percent: (*percent).into() }
            }
            State::Mse { .. } => ObserverKind::Mse,
        }
    }

    /// The histogram of the observed values, if the kind keeps one: percentile and mse do.
    pub fn histogram(&self) -> Option<&Histogram> {
        match &self.0 {
            State::Percentile { histogram, .. } | State::Mse { histogram } => Some(histogram),
            State::AbsMax(_) | State::MinMax(_) | State::MovingAverage(_) => None,
        }
    }

    /// Takes in a batch. A batch without values changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] with the first NaN or infinity; then the observer is as it was.
    ///
    /// ```
    /// use absmax::{Error, Observer, Scheme};
    ///
    /// let mut observer = Observer::abs_max();
    /// observer.observe(&[1.0, -2.0])?;
    /// let error = observer.observe(&[5.0, f32::INFINITY]).unwrap_err();
    /// assert_eq!(error, Error::NotFinite { index: 1, value: f32::INFINITY });
    /// assert_eq!(observer.limits(Scheme::int8()), Some((-2.0, 2.0)));
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn observe<T: Element>(&mut self, x: &[T]) -> Result<()> {
        Backend::best().observe(self, x)
    }

    /// Takes in what another observer of the same kind and setting saw. Afterwards this observer is
    /// as if it had seen the other's batches too. So parts of a data set may be observed apart, in
    /// any order.
    ///
    /// # Errors
    ///
    /// [`Error::MovingAverageMerge`] if both are moving averages, [`Error::ObserverMismatch`] if
    /// the kinds or the settings differ; then the observer is as it was.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// let [mut a, mut b] = [Observer::abs_max(), Observer::abs_max()];
    /// a.observe(&[1.0, -2.0])?;
    /// b.observe(&[3.0])?;
    /// a.merge(&b)?;
    /// assert_eq!(a.limits(Scheme::int8()), Some((-3.0, 3.0)));
    ///
    /// let error = a.merge(&Observer::percentile(99.9)?).unwrap_err();
    /// assert_eq!(error.to_string(), "an observer (abs-max) cannot take in another (percentile 99.9)");
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        let _environment = Environment::enter();
        let mismatch = Error::ObserverMismatch { kind: self.kind(), other: other.kind() };
        match (&mut self.0, &other.0) {
            (State::AbsMax(a), State::AbsMax(b)) => a.merge(*b),
            (State::MinMax(a), State::MinMax(b)) => a.merge(*b),
            (State::MovingAverage(_), State::MovingAverage(_)) => {
                return Err(Error::MovingAverageMerge);
            }
            (
                State::Percentile { percent: a, histogram },
                State::Percentile { percent: b, histogram: other },
            ) if a == b => histogram.merge(other),
            (State::Mse { histogram }, State::Mse { histogram: other }) => histogram.merge(other),
            _ => return Err(mismatch),
        }
        Ok(())
    }

    /// The least and the largest value that `scheme`'s integers should stand for. Values beyond
    /// them are to be clipped. The result is `None` before anything was observed.
    ///
    /// Of the present kinds only mse depends on the scheme, and it searches at every call.
    pub fn limits(&self, scheme: Scheme) -> Option<(f32, f32)> {
        let limits = in_default(&self.0, |state| match state {
            State::AbsMax(abs_max) => abs_max.limits(),
            State::MinMax(min_max) => min_max.limits(),
            State::MovingAverage(average) => average.limits(),
            State::Percentile { percent, histogram } => {
                histogram.limits.map(|limits| limits.clipped(histogram.magnitude_at(*percent)))
            }
            State::Mse { histogram } => {
                histogram.limits.map(|limits| limits.clipped(histogram.mse_clip(scheme)))
            }
        });
        limits.map(|Limits { min, max }| (min, max))
    }

    /// [`Scheme::params`] of the [limits](Observer::limits). Before anything was observed, these
    /// are the parameters of zeros, whose scale is 1.
    ///
    /// # Errors
    ///
    /// [`Error::ScaleOverflow`] if the scale overflows its type.
    ///
    /// ```
    /// use absmax::{Observer, Scheme};
    ///
    /// assert_eq!(Observer::mse().params(Scheme::int8())?.scale(), 1.0);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn params(&self, scheme: Scheme) -> Result<QuantParams> {
        let (min, max) = self.limits(scheme).unwrap_or((0.0, 0.0));
        scheme.params(min, max)
    }
}

impl Backend {
    /// [`Observer::observe`] on this backend.
    ///
    /// # Errors
    ///
    /// Fails as [`Observer::observe`] does.
    pub fn observe<T: Element>(self, observer: &mut Observer, x: &[T]) -> Result<()> {
        let _environment = Environment::enter();
        match &mut observer.0 {
            State::AbsMax(abs_max) => abs_max.observe(self, x),
            State::MinMax(min_max) => min_max.observe(self, x),
            State::MovingAverage(average) => average.observe(self, x),
            State::Percentile { histogram, .. } | State::Mse { histogram } => {
                self.observe_histogram(histogram, x)
            }
        }
    }
}
