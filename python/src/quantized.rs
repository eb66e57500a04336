//! The class `Quantized`, which `quantize` returns.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::dequantize::dequantize;
use crate::dtype::Dtype;
use crate::target::Target;

/// Quantized values with all that it takes to read them, as quantize() returns them.
///
/// q: the integers, int8 or uint8, of the shape of x.
/// scale: float32; its shape is that of the scale groups.
/// zero_point: int32, of the shape of scale; None if all are 0.
/// sums: int32, the sum of the integers of each scale group; None unless asked for.
/// scheme, axis, group: the arguments. dtype: the type of x by its name.
///
/// It may be pickled, and made of its parts.
#[pyclass(frozen, module = "absmax")]
pub(crate) struct Quantized {
    #[pyo3(get)]
    q: Py<PyAny>,
    #[pyo3(get)]
    scale: Py<PyAny>,
    #[pyo3(get)]
    zero_point: Option<Py<PyAny>>,
    #[pyo3(get)]
    sums: Option<Py<PyAny>>,
    #[pyo3(get)]
    scheme: String,
    #[pyo3(get)]
    axis: Option<isize>,
    #[pyo3(get)]
    group: Option<usize>,
    #[pyo3(get)]
    dtype: String,
}

/// What is written by `quantize`: the integers, and what belongs to the scale groups.
pub(crate) struct Written<'py> {
    pub(crate) q: Target<'py>,
    pub(crate) scale: Target<'py>,
    pub(crate) zero_point: Option<Target<'py>>,
    pub(crate) sums: Option<Target<'py>>,
}

impl Quantized {
    /// What was written, as the caller gets it.
    pub(crate) fn made(
        written: Written<'_>,
        scheme: &str,
        axis: Option<isize>,
        group: Option<usize>,
        dtype: Dtype,
    ) -> PyResult<Self> {
        let finish = |target: Target<'_>| target.finish().map(Bound::unbind);
        Ok(Self {
            q: finish(written.q)?,
            scale: finish(written.scale)?,
            zero_point: written.zero_point.map(finish).transpose()?,
            sums: written.sums.map(finish).transpose()?,
            scheme: scheme.to_owned(),
            axis,
            group,
            dtype: dtype.name().to_owned(),
        })
    }
}

#[pymethods]
impl Quantized {
    #[new]
    #[pyo3(signature = (
        q, scale, zero_point = None, sums = None, scheme = String::from("int8"), axis = None, group = None,
        dtype = String::from("float32")
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are the fields")]
    fn new(
        q: Py<PyAny>,
        scale: Py<PyAny>,
        zero_point: Option<Py<PyAny>>,
        sums: Option<Py<PyAny>>,
        scheme: String,
        axis: Option<isize>,
        group: Option<usize>,
        dtype: String,
    ) -> Self {
        Self { q, scale, zero_point, sums, scheme, axis, group, dtype }
    }

    /// The values that the integers stand for, in the type of x or in dtype; see dequantize().
    #[pyo3(signature = (dtype = None, out = None))]
    fn dequantize<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<Bound<'py, PyAny>>,
        out: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let zero_point = self.zero_point.as_ref().map(|z| z.bind(py));
        let dtype = match (dtype, &out) {
            (None, None) => Some(self.dtype.as_str().into_pyobject(py)?.into_any()),
            (dtype, _) => dtype,
        };
        let (q, scale, dtype) = (self.q.bind(py), self.scale.bind(py), dtype.as_ref());
        dequantize(py, q, scale, zero_point, self.axis, self.group, dtype, out.as_ref())
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let (this, py) = (slf.get(), slf.py());
        let Self { q, scale, zero_point, sums, scheme, axis, group, dtype } = this;
        let fields = (q, scale, zero_point, sums, scheme, axis, group, dtype).into_pyobject(py)?;
        Ok((slf.get_type().into_any(), fields))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let shape = |array: &Py<PyAny>| -> PyResult<String> {
            Ok(PyTuple::new(py, array.bind(py).getattr("shape")?.extract::<Vec<usize>>()?)?
                .to_string())
        };
        let shared = match (self.axis, self.group) {
            (Some(axis), _) => format!(", axis={axis}"),
            (None, Some(group)) => format!(", group={group}"),
            (None, None) => String::new(),
        };
        let (scheme, q, scale) = (&self.scheme, shape(&self.q)?, shape(&self.scale)?);
        Ok(format!("Quantized({scheme:?}{shared}, q of shape {q}, scale of shape {scale})"))
    }
}
