//! Why a scale is not finite. Kernels only leave such a scale behind: looking for the reason is left
//! until there is one.

use crate::limits::Limits;
use crate::simd::Value;
use crate::{Error, Scheme};

/// Why the scale of some values with these limits is not finite.
#[cold]
pub(super) fn set_error<T: Value>(x: &[T], scheme: &Scheme, limits: Limits) -> Error {
    match scheme.params(limits.min, limits.max) {
        Err(error @ Error::ScaleOverflow { .. }) => error,
        _ => not_finite(x),
    }
}

/// The error that names the first value that is not finite, of which there is one.
#[cold]
pub(crate) fn not_finite<T: Value>(x: &[T]) -> Error {
    let index = x.iter().position(|x| !x.widened().is_finite()).unwrap_or(0);
    Error::NotFinite { index, value: x.get(index).map_or(f32::NAN, |x| x.widened()) }
}
