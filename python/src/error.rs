//! Errors, as Python has them.

use absmax::Error;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

/// A `ValueError`.
pub(crate) fn refused(text: impl Into<String>) -> PyErr {
    PyValueError::new_err(text.into())
}

/// The `ValueError` of an error that is not about a value of an array.
pub(crate) fn value_error(error: Error) -> PyErr {
    refused(error.to_string())
}

/// The exception of an error about an array of some shape. `index` makes the number of a value out
/// of the number that the error has.
pub(crate) fn of_values(
    py: Python<'_>,
    error: Error,
    shape: &[usize],
    index: impl Fn(usize) -> usize,
) -> PyErr {
    match error {
        Error::NotFinite { index: found, value } => {
            not_finite(py, index(found), value, shape).unwrap_or_else(|error| error)
        }
        other => value_error(other),
    }
}

/// A `NotFiniteError`. It is a class of Python, which pickles and has attributes.
fn not_finite(py: Python<'_>, index: usize, value: f32, shape: &[usize]) -> PyResult<PyErr> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || {
        py.import("absmax._errors")?.getattr("NotFiniteError").map(Bound::unbind)
    })?;
    let coordinates = PyTuple::new(py, coordinates(index, shape))?;
    let text = if shape.len() < 2 {
        format!("value {value:?} at index {index} is not finite")
    } else {
        format!("value {value:?} at index {index}, which is {coordinates}, is not finite")
    };
    Ok(PyErr::from_value(class.bind(py).call1((text, index, coordinates, value))?))
}

/// The place of a value along each axis.
fn coordinates(index: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = index;
    let mut places: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&n| {
            let place = rest % n.max(1);
            rest /= n.max(1);
            place
        })
        .collect();
    places.reverse();
    places
}
