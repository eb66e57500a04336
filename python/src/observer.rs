//! The class `Observer`.

use absmax::{ObserverKind, Scheme};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::array::Array;
use crate::dtype::{Dtype, with_floats};
use crate::error::{of_values, refused, value_error};
use crate::layout::Laid;
use crate::locked::Locked;
use crate::pool;
use crate::scheme::Words;

/// Watches the values of a tensor, batch by batch, and says with which scale and zero point to
/// quantize it.
///
/// ```text
/// Observer("abs_max")                        limits -max|x| and max|x|
/// Observer("min_max")                        limits min x and max x
/// Observer("moving_average", constant=0.01)  averages of the batches' min x and max x
/// Observer("percentile", percent=99.9)       min x and max x, cut off at a percentile of |x|
/// Observer("mse")                            min x and max x, cut off for the least squared error
/// ```
///
/// The state depends on the values alone; but for moving averages, neither on their order nor on
/// the batches. It may be pickled, and observers of parts of the data be merged. An observer may be
/// used by several threads.
#[pyclass(frozen, eq, module = "absmax")]
pub(crate) struct Observer(Locked<absmax::Observer>);

impl PartialEq for Observer {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&other.0)
    }
}

#[pymethods]
impl Observer {
    #[new]
    #[pyo3(signature = (kind = "min_max", *, percent = None, constant = None))]
    fn new(kind: &str, percent: Option<f64>, constant: Option<f32>) -> PyResult<Self> {
        let made = match (kind, percent, constant) {
            ("abs_max", None, None) => Ok(absmax::Observer::abs_max()),
            ("min_max", None, None) => Ok(absmax::Observer::min_max()),
            ("mse", None, None) => Ok(absmax::Observer::mse()),
            ("percentile", Some(percent), None) => absmax::Observer::percentile(percent),
            ("moving_average", None, constant) => {
                absmax::Observer::moving_average(constant.unwrap_or(0.01))
            }
            ("abs_max" | "min_max" | "mse" | "percentile" | "moving_average", ..) => {
                let found = format!("{kind} with percent={percent:?} and constant={constant:?}");
                return Err(refused(format!(
                    "percent belongs to percentile, and constant to moving_average: {found} found"
                )));
            }
            _ => {
                return Err(refused(format!(
                    "kind: abs_max, min_max, moving_average, percentile or mse expected, {kind:?} found"
                )));
            }
        };
        made.map(Locked::new).map(Self).map_err(value_error)
    }

    /// Takes in a batch. If it holds NaN or an infinity, NotFiniteError is raised and the observer
    /// is as it was.
    fn observe(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<()> {
        let x = Array::of(x, "x", Dtype::FLOATS)?;
        let result = with_floats!(x.dtype, T, {
            let laid = Laid::<T>::of_gapless(&x);
            let values = laid.all();
            pool::run(py, x.len(), |threads| {
                let mut observer = self.0.lock();
                let observer = &mut *observer;
                threads.kernel(|backend| backend.observe(observer, values))
            })?
        });
        result.map_err(|error| of_values(py, error, &x.shape, |index| index))
    }

    /// Takes in what another observer of the same kind has seen.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let other = other.0.with(py, |other| other.clone());
        self.0.with(py, |this| this.merge(&other)).map_err(value_error)
    }

    /// The least and the largest value that the integers should stand for, or None before anything
    /// was observed.
    #[pyo3(signature = (scheme = "int8", *, symmetric = None, range = None, scale_dtype = None))]
    fn limits(
        &self,
        py: Python<'_>,
        scheme: &str,
        symmetric: Option<bool>,
        range: Option<&str>,
        scale_dtype: Option<&str>,
    ) -> PyResult<Option<(f32, f32)>> {
        let scheme = Words { name: scheme, symmetric, range, scale_dtype }.scheme()?;
        Ok(self.0.with(py, |this| this.limits(scheme)))
    }

    /// The scale and the zero point of a scheme, as quantize() has schemes.
    #[pyo3(signature = (scheme = "int8", *, symmetric = None, range = None, scale_dtype = None))]
    fn params(
        &self,
        py: Python<'_>,
        scheme: &str,
        symmetric: Option<bool>,
        range: Option<&str>,
        scale_dtype: Option<&str>,
    ) -> PyResult<(f32, i32)> {
        let scheme = Words { name: scheme, symmetric, range, scale_dtype }.scheme()?;
        let params = self.0.with(py, |this| this.params(scheme)).map_err(value_error)?;
        Ok((params.scale(), params.zero_point()))
    }

    /// The kind: abs_max, min_max, moving_average, percentile or mse.
    #[getter]
    fn kind(&self, py: Python<'_>) -> &'static str {
        match self.0.with(py, |this| this.kind()) {
            ObserverKind::AbsMax => "abs_max",
            ObserverKind::MinMax => "min_max",
            ObserverKind::MovingAverage { .. } => "moving_average",
            ObserverKind::Percentile { .. } => "percentile",
            _ => "mse",
        }
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
        let (kind, limits) = self.0.with(py, |this| (this.kind(), this.limits(Scheme::int8())));
        match limits {
            Some((min, max)) => format!("Observer({kind}, {min:?} to {max:?})"),
            None => format!("Observer({kind}, nothing observed)"),
        }
    }
}
