//! The limits of a batch whose values have to be finite.

use crate::limits::Limits;
use crate::{Backend, Element, Result};

/// The limits of a batch, or `None` if it has no values.
///
/// # Errors
///
/// [`Error::NotFinite`](crate::Error::NotFinite) with the first NaN or infinity.
pub(super) fn finite_limits<T: Element>(backend: Backend, x: &[T]) -> Result<Option<Limits>> {
    let Some((min, max)) = backend.min_max(x) else { return Ok(None) };
    if min.is_finite() && max.is_finite() {
        Ok(Some(Limits { min, max }))
    } else {
        Err(T::not_finite(x))
    }
}
