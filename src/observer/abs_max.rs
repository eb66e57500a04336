//! An observer of the largest magnitude of all batches.

use crate::limits::Limits;
use crate::{Backend, Element, Result};

/// The largest |x|, or `None` before anything was observed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Option<f64>", into = "Option<f64>"))]
pub(super) struct AbsMax(pub(super) Option<f32>);

impl AbsMax {
    pub(super) fn observe<T: Element>(&mut self, backend: Backend, x: &[T]) -> Result<()> {
        if x.is_empty() {
            return Ok(());
        }
        let abs_max = backend.abs_max(x);
        if !abs_max.is_finite() {
            return Err(T::not_finite(x));
        }
        self.merge(Self(Some(abs_max)));
        Ok(())
    }

    pub(super) fn merge(&mut self, other: Self) {
        // `None` is less than every number.
        if self.0 < other.0 {
            *self = other;
        }
    }

    pub(super) fn limits(self) -> Option<Limits> {
        self.0.map(Limits::symmetric)
    }
}
