//! What is written: a new array, or the one that the caller gives as `out`.

use pyo3::prelude::*;

use crate::array::Array;
use crate::dtype::Dtype;
use crate::error::refused;
use crate::home::{Home, empty};

/// An array that is written.
pub(crate) struct Target<'py> {
    pub(crate) array: Array<'py>,
    object: Bound<'py, PyAny>,
    /// The library that gets it, unless it is the caller's already.
    home: Option<Home<'py>>,
}

impl<'py> Target<'py> {
    /// A new array of the library that `home` is.
    pub(crate) fn new(
        py: Python<'py>,
        home: &Home<'py>,
        shape: &[usize],
        dtype: Dtype,
    ) -> PyResult<Self> {
        let object = empty(py, shape, dtype)?;
        let array = Array::of_empty(&object, dtype)?;
        Ok(Self { array, object, home: Some(home.clone()) })
    }

    /// The caller's array `out`, which has to have this shape and type, and may be written to. It
    /// has no memory in common with what is read. Without one, this is a new array.
    pub(crate) fn given_or_new(
        out: Option<&Bound<'py, PyAny>>,
        x: &Array<'py>,
        dtype: Dtype,
        py: Python<'py>,
    ) -> PyResult<Self> {
        let Some(out) = out else { return Self::new(py, &x.home, &x.shape, dtype) };
        let array = Array::of(out, "out", &[dtype])?;
        if array.shape != x.shape {
            let (expected, found) = (&x.shape, &array.shape);
            return Err(refused(format!("out: the shape {expected:?} expected, {found:?} found")));
        }
        if array.read_only {
            return Err(refused(
                "out: an array that may be written to expected, found a read-only one",
            ));
        }
        let target = Self { array, object: out.clone(), home: None };
        target.apart_from(x)?;
        Ok(target)
    }

    /// Checks that no memory of the target is in the reach of an array that is read. Gaps count,
    /// since the kernels have one slice of all rows.
    pub(crate) fn apart_from(&self, x: &Array<'_>) -> PyResult<()> {
        let ((start, end), (from, to)) = (self.array.reach(), x.reach());
        if start < to && from < end {
            return Err(refused(format!(
                "out: memory of its own expected, found some that {} reaches over (bytes {start:#x} to \
                 {end:#x} and {from:#x} to {to:#x})",
                x.name
            )));
        }
        Ok(())
    }

    /// The array, filled, as the caller gets it.
    pub(crate) fn finish(self) -> PyResult<Bound<'py, PyAny>> {
        let Self { array, object, home } = self;
        let dtype = array.dtype;
        drop(array);
        match home {
            Some(home) => home.hand_over(object, dtype),
            None => Ok(object),
        }
    }
}
