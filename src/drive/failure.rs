//! Finds out which part failed first, and why a scale is not finite.
//!
//! Kernels only leave such a scale behind. The reason is looked for once that has happened.

use crate::limits::Limits;
use crate::recipe::Recipe;
use crate::simd::Value;
use crate::{Error, Rows};

/// The first part of several, such as a block or a band, that has no answer, and why.
pub(super) type Failure = (usize, Error);

/// The failure of the earlier part.
pub(super) fn sooner(one: Option<Failure>, other: Option<Failure>) -> Option<Failure> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other.0 < one.0 { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// The error that says why the scale of values with these limits is not finite. An index in it
/// counts elements from the start of the first row.
#[cold]
pub(super) fn set_error<T: Value>(x: Rows<'_, T>, recipe: Recipe<'_>, limits: Limits) -> Error {
    let Recipe { scheme, arithmetic } = recipe;
    let Limits { min, max } = limits;
    if min.is_finite() && max.is_finite() {
        if let Some(arithmetic) = arithmetic
            && arithmetic.choose::<T>(scheme, limits).scale.is_nan()
        {
            let scale = arithmetic.step_of::<T>(scheme, limits);
            return Error::ScaleUnderflow { set: 0, scale };
        }
        return Error::ScaleOverflow { set: 0, min, max, scale_type: scheme.scale_type() };
    }
    let wild = |&row: &usize| x.row(row).iter().any(|x| !x.widened().is_finite());
    let row = (0..x.rows()).find(wild).unwrap_or(0);
    not_finite(x.row(row)).in_set(0, row * x.row_stride())
}

/// The error that names the first value that is not finite. There has to be such a value.
#[cold]
pub(crate) fn not_finite<T: Value>(x: &[T]) -> Error {
    let index = x.iter().position(|x| !x.widened().is_finite()).unwrap_or(0);
    Error::NotFinite { index, value: x.get(index).map_or(f32::NAN, |x| x.widened()) }
}
