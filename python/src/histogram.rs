//! The class `Histogram`.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::array::Array;
use crate::dtype::{Dtype, with_floats};
use crate::error::{of_values, value_error};
use crate::layout::Laid;
use crate::locked::Locked;
use crate::pool;
use crate::scheme::Words;

/// Counts how many of the observed values are in each bin, over the whole range of float32.
///
/// A bin is the upper 16 bits of a float32: 128 of them lie between two powers of two. Bins are the
/// same whatever the data are, so histograms of parts, merged in any order, are the histogram of
/// the whole. It may be pickled.
#[pyclass(frozen, eq, module = "absmax")]
pub(crate) struct Histogram(Locked<absmax::Histogram>);

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&other.0)
    }
}

#[pymethods]
impl Histogram {
    #[new]
    fn new() -> Self {
        Self(Locked::default())
    }

    /// Counts the values of x. If there is NaN or an infinity among them, NotFiniteError is raised
    /// and nothing is counted.
    fn observe(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<()> {
        let x = Array::of(x, "x", Dtype::FLOATS)?;
        let result = with_floats!(x.dtype, T, {
            let laid = Laid::<T>::of_gapless(&x);
            let values = laid.all();
            pool::run(py, x.len(), |threads| {
                let mut histogram = self.0.lock();
                let histogram = &mut *histogram;
                threads.kernel(|backend| backend.observe_histogram(histogram, values))
            })?
        });
        result.map_err(|error| of_values(py, error, &x.shape, |index| index))
    }

    /// Adds what another histogram has counted.
    fn merge(&self, py: Python<'_>, other: &Self) {
        let other = other.0.with(py, |other| other.clone());
        self.0.with(py, |this| this.merge(&other));
    }

    /// The number of values observed.
    #[getter]
    fn count(&self, py: Python<'_>) -> u64 {
        self.0.with(py, |this| this.count())
    }

    /// The least and the largest value observed, or None before anything was.
    #[getter]
    fn min_max(&self, py: Python<'_>) -> Option<(f32, f32)> {
        self.0.with(py, |this| this.min_max())
    }

    /// The bins that hold something, from the least to the largest: (lower, upper, count). Both
    /// edges belong to a bin.
    fn bins(&self, py: Python<'_>) -> Vec<(f32, f32, u64)> {
        self.0.with(py, |this| this.bins().map(|bin| (bin.lower, bin.upper, bin.count)).collect())
    }

    /// The magnitude that so many percent of the magnitudes do not exceed, up to the width of a
    /// bin.
    fn percentile(&self, py: Python<'_>, percent: f64) -> PyResult<f32> {
        self.0.with(py, |this| this.percentile(percent)).map_err(value_error)
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
        Ok(self.0.with(py, |this| this.mse_clip(scheme)))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        slf.get().0.reduced(slf.get_type().into_any())
    }

    #[staticmethod]
    fn _of_json(json: &str) -> PyResult<Self> {
        Locked::of_json(json).map(Self)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (count, limits) = self.0.with(py, |this| (this.count(), this.min_max()));
        match limits {
            Some((min, max)) => format!("Histogram({count} values, {min:?} to {max:?})"),
            None => "Histogram(0 values)".to_owned(),
        }
    }
}
