//! `dequantize`, and `fake_quantize`, which quantizes before.

use absmax::{Arithmetic, Element, Integer, Scheme};
use pyo3::prelude::*;

use crate::array::Array;
use crate::cut::Cut;
use crate::dtype::{Dtype, with_bytes, with_floats};
use crate::error::{of_values, refused, value_error};
use crate::kernels::How;
use crate::layout::{Laid, LaidMut, any_split};
use crate::params::Given;
use crate::pool;
use crate::scheme::{Words, bytes_of, how, with_zero_points};
use crate::target::Target;

/// Dequantizes integers: x = (q - zero_point) * scale, one binary32 product, rounded once more if
/// dtype is narrower.
///
/// q is an array of int8 or uint8, one integer in each byte, of any scheme. scale, zero_point, axis
/// and group are those of quantize_with(), and arrays come in and results go back as quantize()
/// says. dtype is "float32" (the default), "float16" or "bfloat16", or such a type of numpy or
/// torch. out is an array for the values; if dtype is not given, it is that of out.
///
/// Raises ValueError as quantize_with() does.
#[pyfunction]
#[pyo3(signature = (q, scale, zero_point = None, *, axis = None, group = None, dtype = None, out = None))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn dequantize<'py>(
    py: Python<'py>,
    q: &Bound<'py, PyAny>,
    scale: &Bound<'py, PyAny>,
    zero_point: Option<&Bound<'py, PyAny>>,
    axis: Option<isize>,
    group: Option<usize>,
    dtype: Option<&Bound<'py, PyAny>>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let q = Array::of(q, "q", Dtype::BYTES)?;
    let cut = Cut::new(&q.shape, axis, group)?;
    let dtype = dtype.map(float_named).transpose()?;
    // Integers of fewer bits are bytes too, and any zero point that they have is one of a byte.
    let scheme = Scheme::int8().affine();
    let scheme = if q.dtype == Dtype::U8 { scheme.unsigned() } else { scheme };
    let how = How { kind: cut.kind, scheme: cut.scheme(scheme)?, arithmetic: Arithmetic::exact() };
    let given = Given::of(scale, zero_point, &cut)?;
    let dtype = match (dtype, out) {
        (Some(dtype), _) => dtype,
        (None, Some(out)) => Array::of(out, "out", Dtype::FLOATS)?.dtype,
        (None, None) => Dtype::F32,
    };
    let x = Target::given_or_new(out, &q, dtype, py)?;
    with_floats!(dtype, T, with_bytes!(q.dtype, Q, fill::<T, Q>(py, &q, how, &given, &x)))?;
    x.finish()
}

fn fill<T: Element, Q: Integer>(
    py: Python<'_>,
    from: &Array<'_>,
    how: How,
    given: &Given,
    to: &Target<'_>,
) -> PyResult<()> {
    let axis = how.kind.row_axis().unwrap_or_else(|| any_split(from, Some(&to.array)));
    let laid = Laid::<Q>::of(from, axis);
    let q = laid.rows()?;
    let mut x = LaidMut::<T>::of(&to.array, axis)?;
    let x = x.rows().map_err(value_error)?;
    let run = |threads| how.dequantize(threads, q, given.params(), x);
    pool::run(py, from.len(), run)?.map_err(value_error)
}

/// Quantizes and dequantizes: the values that the integers stand for, in the type of x.
///
/// The scales are computed from the values, unless scale (and zero_point) is given as in
/// quantize_with(). The other arguments are those of quantize(), but out is of the type of x. The
/// bits are those of quantize() or quantize_with() and then dequantize().
///
/// Raises what quantize() or quantize_with() raises.
#[pyfunction]
#[pyo3(signature = (
    x, scheme = "int8", *, scale = None, zero_point = None, axis = None, group = None, symmetric = None,
    range = None, scale_dtype = None, arithmetic = None, out = None
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn fake_quantize<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    scheme: &str,
    scale: Option<&Bound<'py, PyAny>>,
    zero_point: Option<&Bound<'py, PyAny>>,
    axis: Option<isize>,
    group: Option<usize>,
    symmetric: Option<bool>,
    range: Option<&str>,
    scale_dtype: Option<&str>,
    arithmetic: Option<&str>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let x = Array::of(x, "x", Dtype::FLOATS)?;
    let cut = Cut::new(&x.shape, axis, group)?;
    let symmetric = with_zero_points(symmetric, range, zero_point);
    let words = Words { name: scheme, symmetric, range, scale_dtype };
    let how = how(words, &cut, arithmetic)?;
    let given = match (scale, zero_point) {
        (Some(scale), zero_point) => Some(Given::of(scale, zero_point, &cut)?),
        (None, None) => None,
        (None, Some(_)) => return Err(refused("scale: expected, since zero_point is given")),
    };
    let y = Target::given_or_new(out, &x, x.dtype, py)?;
    let count = cut.count();
    with_floats!(
        x.dtype,
        T,
        with_bytes!(bytes_of(how), Q, fake::<T, Q>(py, &x, how, given.as_ref(), count, &y))
    )?;
    y.finish()
}

fn fake<T: Element, Q: Integer + Default>(
    py: Python<'_>,
    x: &Array<'_>,
    how: How,
    given: Option<&Given>,
    count: usize,
    to: &Target<'_>,
) -> PyResult<()> {
    let axis = how.kind.row_axis().unwrap_or_else(|| any_split(x, Some(&to.array)));
    let laid = Laid::<T>::of(x, axis);
    let values = laid.rows()?;
    let mut laid_out = LaidMut::<T>::of(&to.array, axis)?;
    let y = laid_out.rows().map_err(value_error)?;
    let given = given.map(Given::params);
    let run = |threads| how.fake_quantize::<T, Q>(threads, values, given, count, y);
    let result = pool::run(py, x.len(), run)?;
    result.map_err(|error| of_values(py, error, &x.shape, |index| laid.value_at(index)))
}

/// The type of floats that a name, or a type of numpy or torch, stands for.
pub(crate) fn float_named(dtype: &Bound<'_, PyAny>) -> PyResult<Dtype> {
    let text = match dtype.extract::<String>() {
        Ok(text) => text,
        // A class such as `numpy.float32`, and then what is printed as its name.
        Err(_) => match dtype.getattr("__name__") {
            Ok(name) => name.to_string(),
            Err(_) => dtype.to_string(),
        },
    };
    let name = text.strip_prefix("torch.").unwrap_or(&text);
    let found = Dtype::FLOATS.iter().copied().find(|dtype| dtype.name() == name);
    found.ok_or_else(|| {
        refused(format!("dtype: {} expected, {text} found", Dtype::names(Dtype::FLOATS)))
    })
}
