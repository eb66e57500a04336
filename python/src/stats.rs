//! `error_stats`, and the class `ErrorStats` that it returns.

use std::borrow::Cow;

use absmax::Element;
use half::{bf16, f16};
use pyo3::prelude::*;

use crate::array::Array;
use crate::dtype::{Dtype, with_floats};
use crate::error::{refused, value_error};
use crate::layout::Laid;
use crate::pool::{self, Threads};

/// How far approximations y are from values x, with e = x - y. Sums are of float64, in a fixed
/// order.
#[pyclass(frozen, eq, module = "absmax")]
#[derive(PartialEq)]
pub(crate) struct ErrorStats(absmax::ErrorStats);

#[pymethods]
impl ErrorStats {
    /// The number of values.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    /// The mean squared error, mean(e**2). It is 0 if there are no values.
    #[getter]
    fn mse(&self) -> f64 {
        self.0.mse()
    }

    /// The largest error, max |e|.
    #[getter]
    fn max_abs(&self) -> f64 {
        self.0.max_abs()
    }

    /// The signal to noise ratio, 10 log10(sum x**2 / sum e**2), in decibels. It is infinite if
    /// there is no error.
    #[getter]
    fn sqnr_db(&self) -> f64 {
        self.0.sqnr_db()
    }

    /// The cosine of the angle between x and y. It is 1 if both are zero.
    #[getter]
    fn cosine(&self) -> f64 {
        self.0.cosine()
    }

    /// The stats of these values followed by others.
    fn merge(&self, other: &Self) -> Self {
        Self(self.0.merge(other.0))
    }

    fn __repr__(&self) -> String {
        format!(
            "ErrorStats({} values, {:.2} dB, cosine {:.6}, mse {:.3e}, max {:.3e})",
            self.0.count(),
            self.0.sqnr_db(),
            self.0.cosine(),
            self.0.mse(),
            self.0.max_abs()
        )
    }
}

/// How far approximations y are from values x: arrays of the same shape, of float32, float16 or
/// bfloat16.
///
/// Returns an ErrorStats: count, mse, max_abs, sqnr_db, cosine, and merge() for several parts.
///
/// Raises ValueError if the shapes differ. An error that is NaN makes the figures NaN.
#[pyfunction]
pub(crate) fn error_stats(
    py: Python<'_>,
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
) -> PyResult<ErrorStats> {
    let (x, y) = (Array::of(x, "x", Dtype::FLOATS)?, Array::of(y, "y", Dtype::FLOATS)?);
    if x.shape != y.shape {
        let (expected, found) = (&x.shape, &y.shape);
        return Err(refused(format!("y: the shape {expected:?} expected, {found:?} found")));
    }
    with_floats!(x.dtype, T, {
        let laid = Laid::<T>::of_gapless(&x);
        match y.dtype {
            Dtype::F16 => stats(py, &laid, &y, |values: &[f16]| widened(values)),
            Dtype::Bf16 => stats(py, &laid, &y, |values: &[bf16]| widened(values)),
            _ => stats(py, &laid, &y, |values: &[f32]| Cow::Borrowed(values)),
        }
    })
}

fn stats<T: Element, U: Copy>(
    py: Python<'_>,
    x: &Laid<T>,
    y: &Array<'_>,
    widen: impl for<'a> FnOnce(&'a [U]) -> Cow<'a, [f32]>,
) -> PyResult<ErrorStats> {
    let laid = Laid::<U>::of_gapless(y);
    let (x, y) = (x.all(), widen(laid.all()));
    let run = |threads: Threads| threads.kernel(|backend| backend.error_stats(x, &y));
    pool::run(py, x.len(), run)?.map(ErrorStats).map_err(value_error)
}

fn widened<T: Element>(values: &[T]) -> Cow<'_, [f32]> {
    Cow::Owned(values.iter().map(|value| value.to_f32()).collect())
}
