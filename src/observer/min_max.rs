//! An observer of the least and the largest value of all batches.

use super::finite_limits::finite_limits;
use crate::limits::Limits;
use crate::{Backend, Element, Result};

/// The least and the largest x, or `None` before anything was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct MinMax(Option<Limits>);

impl MinMax {
    pub(super) fn observe<T: Element>(&mut self, backend: Backend, x: &[T]) -> Result<()> {
        self.merge(Self(finite_limits(backend, x)?));
        Ok(())
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 = Limits::merge_seen(self.0, other.0);
    }

    pub(super) const fn limits(self) -> Option<Limits> {
        self.0
    }
}
