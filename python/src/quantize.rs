//! `quantize` and `quantize_with`.

use absmax::{Element, Integer};
use pyo3::prelude::*;

use crate::array::Array;
use crate::cut::Cut;
use crate::dtype::{Dtype, with_bytes, with_floats};
use crate::error::{of_values, value_error};
use crate::kernels::{How, Sets};
use crate::layout::{Laid, LaidMut, any_split};
use crate::params::Given;
use crate::pool;
use crate::quantized::{Quantized, Written};
use crate::scheme::{Words, bytes_of, how, with_zero_points};
use crate::target::Target;

/// Quantizes an array with scales that are computed from its values:
///
/// ```text
/// q = clip(rint(x / scale) + zero_point, qmin, qmax)
/// ```
///
/// The division and the rounding (ties to even) are those of binary32, exactly, on every CPU.
///
/// x is an array of float32, float16 or bfloat16 with any number of axes: of numpy or torch, or one
/// with DLPack or the buffer protocol, in main memory. It may be read-only, and its rows may stand
/// apart; other layouts (transposed, reversed, unaligned) are copied first. scheme, symmetric and
/// range say what to quantize to:
///
/// ```text
/// "int8" .. "int2"               symmetric   -127..127  scale = max|x| / 127
///   up to 4 bits                 symmetric   -8..7      scale = max|x| / 7.5, the full range
///   with range="narrow"          symmetric   -127..127  scale = max|x| / 127
///   with range="full"            symmetric   -128..127  scale = max|x| / 127.5
///   with symmetric=False         affine      -128..127  scale = (max - min) / 255
/// "uint8" .. "uint2"             affine      0..255     scale = (max - min) / 255
///   with symmetric=True or range symmetric   1..255     128 larger, which is the zero point
/// ```
///
/// The values that share a scale are all of them; or with axis those of one index along that axis
/// (axis=0 of weights [out, in]: one scale for each output channel); or with group so many
/// neighbours along the last axis, of which the last group of a row may be shorter. Scales have the
/// shape (), `(x.shape[axis],)` or `x.shape[:-1] + (groups,)`. They are float32; scale_dtype
/// "float16" or "bfloat16" rounds them to that type before the values are quantized by them. No
/// values, or zeros alone, have the scale 1.
///
/// arithmetic computes as another program does, to its bits: "onnx", "torch", "torchao",
/// "compressed-tensors", "bitsandbytes", "ggml", "ggml-x86", "candle", "xnnpack", "kleidiai". Then
/// there is no axis in the middle, nor columns.
///
/// sums=True computes the sum of the integers of each scale group as well (int32).
///
/// out is an array of the integers' type and of the shape of x, contiguous or of rows that stand
/// apart. It gets the integers, and becomes the result's q. It shares no memory with x.
///
/// Returns a Quantized, whose arrays are of the library of x.
///
/// Raises NotFiniteError with the first NaN or infinity, and ValueError with the numbers if
/// arguments do not fit one another, or if a scale overflows scale_dtype. After an error about
/// values, out holds integers that mean nothing; after any other error nothing has been written.
#[pyfunction]
#[pyo3(signature = (
    x, scheme = "int8", *, axis = None, group = None, symmetric = None, range = None, scale_dtype = None,
    arithmetic = None, sums = false, out = None
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn quantize<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    scheme: &str,
    axis: Option<isize>,
    group: Option<usize>,
    symmetric: Option<bool>,
    range: Option<&str>,
    scale_dtype: Option<&str>,
    arithmetic: Option<&str>,
    sums: bool,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Quantized> {
    let x = Array::of(x, "x", Dtype::FLOATS)?;
    let cut = Cut::new(&x.shape, axis, group)?;
    let words = Words { name: scheme, symmetric, range, scale_dtype };
    let how = how(words, &cut, arithmetic)?;
    let to = Written {
        q: Target::given_or_new(out, &x, bytes_of(how), py)?,
        scale: Target::new(py, &x.home, &cut.sets, Dtype::F32)?,
        zero_point: match (how.scheme.is_symmetric(), how.scheme.offset()) {
            (true, 0) => None,
            _ => Some(Target::new(py, &x.home, &cut.sets, Dtype::I32)?),
        },
        sums: if sums { Some(Target::new(py, &x.home, &cut.sets, Dtype::I32)?) } else { None },
    };
    with_floats!(x.dtype, T, with_bytes!(bytes_of(how), Q, fill::<T, Q>(py, &x, how, &to)))?;
    Quantized::made(to, scheme, axis, group, x.dtype)
}

fn fill<T: Element, Q: Integer>(
    py: Python<'_>,
    x: &Array<'_>,
    how: How,
    to: &Written<'_>,
) -> PyResult<()> {
    let axis = how.kind.row_axis().unwrap_or_else(|| any_split(x, Some(&to.q.array)));
    let laid = Laid::<T>::of(x, axis);
    let values = laid.rows()?;
    let mut q = LaidMut::<Q>::of(&to.q.array, axis)?;
    let mut scale = LaidMut::<f32>::of(&to.scale.array, 0)?;
    let integers = |target: &Option<Target<'_>>| {
        target.as_ref().map(|target| LaidMut::<i32>::of(&target.array, 0)).transpose()
    };
    let (mut zero_points, mut sums) = (integers(&to.zero_point)?, integers(&to.sums)?);
    let scales = scale.slice();
    let mut zero_points = zero_points.as_mut().map(LaidMut::slice).unwrap_or_default();
    let sums = sums.as_mut().map(LaidMut::slice);
    if how.scheme.is_symmetric() {
        zero_points.fill(how.scheme.offset());
        zero_points = &mut [];
    }
    let sets = Sets { scales, zero_points, sums };
    let q = q.rows().map_err(value_error)?;
    let run = |threads| how.quantize(threads, values, q, sets);
    let result = pool::run(py, x.len(), run)?;
    result.map_err(|error| of_values(py, error, &x.shape, |index| laid.value_at(index)))
}
/// Quantizes an array with given scales, and zero points if there are any. Infinities saturate, and
/// NaN becomes the zero point.
///
/// scale is a number, which is rounded to float32, or an array of the shape that quantize() gives
/// it for the same axis or group (axes of length 1 may be more or fewer). zero_point is an integer
/// or an array of the same shape of int32, int64, int8 or uint8, or None if all are 0. If it is
/// given, the scheme is affine ("int8": -128..127) unless symmetric=True. Without it "int8" is
/// -127..127.
///
/// The other arguments, and out, are those of quantize(). Returns the integers.
///
/// Raises ValueError with the numbers if a scale is not finite and positive, if a zero point is
/// none of the integers, or if arguments do not fit one another. Then nothing has been written.
#[pyfunction]
#[pyo3(signature = (
    x, scale, zero_point = None, scheme = "int8", *, axis = None, group = None, symmetric = None, range = None,
    arithmetic = None, out = None
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn quantize_with<'py>(
    py: Python<'py>,
    x: &Bound<'py, PyAny>,
    scale: &Bound<'py, PyAny>,
    zero_point: Option<&Bound<'py, PyAny>>,
    scheme: &str,
    axis: Option<isize>,
    group: Option<usize>,
    symmetric: Option<bool>,
    range: Option<&str>,
    arithmetic: Option<&str>,
    out: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let x = Array::of(x, "x", Dtype::FLOATS)?;
    let cut = Cut::new(&x.shape, axis, group)?;
    let symmetric = with_zero_points(symmetric, range, zero_point);
    let words = Words { name: scheme, symmetric, range, scale_dtype: None };
    let how = how(words, &cut, arithmetic)?;
    let given = Given::of(scale, zero_point, &cut)?;
    let q = Target::given_or_new(out, &x, bytes_of(how), py)?;
    with_floats!(
        x.dtype,
        T,
        with_bytes!(bytes_of(how), Q, fill_with::<T, Q>(py, &x, how, &given, &q))
    )?;
    q.finish()
}

fn fill_with<T: Element, Q: Integer>(
    py: Python<'_>,
    x: &Array<'_>,
    how: How,
    given: &Given,
    to: &Target<'_>,
) -> PyResult<()> {
    let axis = how.kind.row_axis().unwrap_or_else(|| any_split(x, Some(&to.array)));
    let laid = Laid::<T>::of(x, axis);
    let values = laid.rows()?;
    let mut q = LaidMut::<Q>::of(&to.array, axis)?;
    let q = q.rows().map_err(value_error)?;
    let run = |threads| how.quantize_with(threads, values, given.params(), q);
    pool::run(py, x.len(), run)?.map_err(value_error)
}
