//! The class `Histogram`.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::array::Array;
use crate::dtype::{Dtype, with_floats};
use crate::error::{of_values, refused, value_error};
use crate::layout::Laid;
use crate::pool;
use crate::scheme::Words;

/// Counts how many of the observed values are in each bin, over the whole range of float32.
///
/// A bin is the upper 16 bits of a float32: 128 of them lie between two powers of two. Bins are the
/// same whatever the data are, so histograms of parts, merged in any order, are the histogram of
/// the whole. It may be pickled.
#[pyclass(frozen, eq, module = "absmax")]
pub(crate) struct Histogram(Mutex<absmax::Histogram>);

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.copy() == other.copy()
    }
}

impl Histogram {
    fn copy(&self) -> absmax::Histogram {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As `Observer` has it.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        run: impl FnOnce(&mut absmax::Histogram) -> R + Send,
    ) -> R {
        py.detach(|| run(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

#[pymethods]
impl Histogram {
    #[new]
    fn new() -> Self {
        Self(Mutex::default())
    }

    /// Counts the values of x. If there is NaN or an infinity among them, NotFiniteError is raised
    /// and nothing is counted.
    fn observe(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<()> {
        let x = Array::of(x, "x", Dtype::FLOATS)?;
        let result = with_floats!(x.dtype, T, {
            let laid = Laid::<T>::of_gapless(&x);
            let values = laid.all();
            pool::run(py, x.len(), |threads| {
                // Locked here for the reason that `Observer` has.
                let mut histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let histogram = &mut *histogram;
                threads.kernel(|backend| backend.observe_histogram(histogram, values))
            })?
        });
        result.map_err(|error| of_values(py, error, &x.shape, |index| index))
    }

    /// Adds what another histogram has counted.
    fn merge(&self, py: Python<'_>, other: &Self) {
        let other = other.with(py, |other| other.clone());
        self.with(py, |this| this.merge(&other));
    }

    /// The number of values observed.
    #[getter]
    fn count(&self, py: Python<'_>) -> u64 {
        self.with(py, |this| this.count())
    }

    /// The least and the largest value observed, or None before anything was.
    #[getter]
    fn min_max(&self, py: Python<'_>) -> Option<(f32, f32)> {
        self.with(py, |this| this.min_max())
    }

    /// The bins that hold something, from the least to the largest: (lower, upper, count). Both
    /// edges belong to a bin.
    fn bins(&self, py: Python<'_>) -> Vec<(f32, f32, u64)> {
        self.with(py, |this| this.bins().map(|bin| (bin.lower, bin.upper, bin.count)).collect())
    }

    /// The magnitude that so many percent of the magnitudes do not exceed, up to the width of a
    /// bin.
    fn percentile(&self, py: Python<'_>, percent: f64) -> PyResult<f32> {
        self.with(py, |this| this.percentile(percent)).map_err(value_error)
    }

    /// The magnitude to clip at for the least squared error by a scheme, as quantize() has schemes.
    #[pyo3(signature = (scheme = "int8", *, symmetric = None, range = None, scale_dtype = None))]
    fn mse_clip(
        &self,
        py: Python<'_>,
        scheme: &str,
        symmetric: Option<bool>,
        range: Option<&str>,
        scale_dtype: Option<&str>,
    ) -> PyResult<f32> {
        let scheme = Words { name: scheme, symmetric, range, scale_dtype }.scheme()?;
        Ok(self.with(py, |this| this.mse_clip(scheme)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let json = serde_json::to_string(&slf.get().copy());
        let json = json.map_err(|error| refused(error.to_string()))?;
        Ok((slf.get_type().getattr("_of_json")?, (json,).into_pyobject(slf.py())?))
    }

    #[staticmethod]
    fn _of_json(json: &str) -> PyResult<Self> {
        let histogram = serde_json::from_str(json);
        histogram.map(Mutex::new).map(Self).map_err(|error| refused(error.to_string()))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (count, limits) = self.with(py, |this| (this.count(), this.min_max()));
        match limits {
            Some((min, max)) => format!("Histogram({count} values, {min:?} to {max:?})"),
            None => "Histogram(0 values)".to_owned(),
        }
    }
}
