//! `--clip`: whether a scale reaches the largest weights or cuts them off.

use std::fmt;
use std::str::FromStr;

use absmax::{Backend, Element, ErrorStats, Observer, QuantParams, Scheme};
use anyhow::{Context as _, Result, bail};
use serde::{Serialize, Serializer};

/// What is cut off of the weights that share a scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Clip {
    /// Nothing.
    #[default]
    None,
    /// What is above this percentile of the magnitudes.
    Percentile(f64),
    /// As much as makes the squared error least.
    Mse,
}

impl Clip {
    /// What sees the weights and then knows their parameters.
    pub fn observer(self) -> absmax::Result<Observer> {
        match self {
            Self::None => Ok(Observer::min_max()),
            Self::Percentile(percent) => Observer::percentile(percent),
            Self::Mse => Ok(Observer::mse()),
        }
    }

    /// The parameters of weights that are all there. The errors that [`Clip::Mse`] compares are those of
    /// a histogram; of few weights in many bits they may mislead, so what it finds has to prove itself
    /// on the weights.
    pub fn params<T: Element>(
        self,
        backend: Backend,
        x: &[T],
        scheme: Scheme,
    ) -> absmax::Result<QuantParams> {
        let params = |clip: Self| {
            let mut observer = clip.observer()?;
            observer.observe_on(backend, x)?;
            observer.params(scheme)
        };
        if self != Self::Mse {
            return params(self);
        }
        let [whole, clipped] = [params(Self::None)?, params(Self::Mse)?];
        let (mut q, mut y) = (Vec::new(), Vec::new());
        let mut mse = |params| Ok(approximate(backend, x, params, &mut q, &mut y)?.mse());
        Ok(if clipped != whole && mse(clipped)? < mse(whole)? { clipped } else { whole })
    }
}

/// Quantizes and dequantizes into buffers that grow to fit, and returns the error.
pub fn approximate<T: Element>(
    backend: Backend,
    x: &[T],
    params: QuantParams,
    q: &mut Vec<i8>,
    y: &mut Vec<f32>,
) -> absmax::Result<ErrorStats> {
    q.resize(x.len(), 0);
    y.resize(x.len(), 0.0);
    backend.quantize_with(x, params, q)?;
    backend.dequantize_into(q, params, y)?;
    backend.error_stats(x, y)
}

impl FromStr for Clip {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let clip = match (text, text.split_once('=')) {
            ("none", _) => Self::None,
            ("mse", _) => Self::Mse,
            (_, Some(("percentile", percent))) => {
                Self::Percentile(percent.parse().context("has to be percentile=P, P a number")?)
            }
            _ => bail!("has to be none, percentile=P or mse"),
        };
        clip.observer()?;
        Ok(clip)
    }
}

impl fmt::Display for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Percentile(percent) => write!(f, "percentile={percent}"),
            Self::Mse => f.write_str("mse"),
        }
    }
}

impl Serialize for Clip {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
