//! An observer of a moving average of the batches' limits. Every new batch has the same weight, and
//! the weights of older batches fade.

use super::finite_limits::finite_limits;
use crate::environment::in_default;
use crate::limits::Limits;
use crate::{Backend, Element, Error, Result};

/// The weight of a new batch, which is more than 0 and at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "f64", into = "f64"))]
pub(super) struct Constant(f32);

impl TryFrom<f32> for Constant {
    type Error = Error;

    fn try_from(constant: f32) -> Result<Self> {
        in_default(constant, |constant| {
            if 0.0 < constant && constant <= 1.0 {
                Ok(Self(constant))
            } else {
                Err(Error::InvalidAveragingConstant { constant })
            }
        })
    }
}

impl From<Constant> for f32 {
    fn from(constant: Constant) -> Self {
        constant.0
    }
}

/// The averages of the batches' min x and max x, which are `None` before anything was observed.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct MovingAverage {
    constant: Constant,
    limits: Option<Limits>,
}

impl MovingAverage {
    pub(super) const fn new(constant: Constant) -> Self {
        Self { constant, limits: None }
    }

    pub(super) fn observe<T: Element>(&mut self, backend: Backend, x: &[T]) -> Result<()> {
        let Some(batch) = finite_limits(backend, x)? else { return Ok(()) };
        self.limits = Some(self.limits.map_or(batch, |limits| {
            let min = moved(limits.min, batch.min, self.constant);
            let max = moved(limits.max, batch.max, self.constant);
            // Rounding can make limits cross that are nearly equal.
            if min <= max { Limits { min, max } } else { Limits { min: max, max: min } }
        }));
        Ok(())
    }

    pub(super) const fn constant(self) -> Constant {
        self.constant
    }

    pub(super) const fn limits(self) -> Option<Limits> {
        self.limits
    }
}

/// from + constant * (to - from), with three roundings to binary32. Where one of them overflows,
/// the result is computed in binary64.
fn moved(from: f32, to: f32, Constant(constant): Constant) -> f32 {
    let moved = from + constant * (to - from);
    if moved.is_finite() {
        return moved;
    }
    let [from, to, constant] = [from, to, constant].map(f64::from);
    (from + constant * (to - from)) as f32
}
