//! The libraries that arrays come from, and that results go back to.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::dtype::Dtype;
use crate::error::refused;
use crate::memory::{LARGE, Memory};

/// The library that an array comes from.
#[derive(Clone)]
pub(crate) enum Home<'py> {
    Numpy,
    Torch,
    /// Another one, by its function `from_dlpack`.
    Other(Bound<'py, PyAny>),
}

/// What is needed of numpy, looked up once.
pub(crate) struct Numpy {
    pub(crate) ndarray: Py<PyType>,
    empty: Py<PyAny>,
    /// The types of [`Dtype`], but for bfloat16, in its order.
    dtypes: [Py<PyAny>; 7],
}

impl Numpy {
    pub(crate) fn get(py: Python<'_>) -> PyResult<&Self> {
        static NUMPY: PyOnceLock<Numpy> = PyOnceLock::new();
        NUMPY.get_or_try_init(py, || {
            let numpy = py.import("numpy")?;
            let names = ["float32", "float16", "uint16", "int8", "uint8", "int32", "int64"];
            let dtype = numpy.getattr("dtype")?;
            let dtypes = names.map(|name| dtype.call1((name,)).map(Bound::unbind));
            let [a, b, c, d, e, f, g] = dtypes;
            Ok(Self {
                ndarray: numpy.getattr("ndarray")?.cast_into::<PyType>()?.unbind(),
                empty: numpy.getattr("empty")?.unbind(),
                dtypes: [a?, b?, c?, d?, e?, f?, g?],
            })
        })
    }
}

/// The type that ml_dtypes adds to numpy.
fn ml_bfloat16(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    static BFLOAT16: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    BFLOAT16.get_or_try_init(py, || {
        let ml_dtypes = py.import("ml_dtypes").map_err(|_| {
            refused("numpy has bfloat16 by the package ml_dtypes: pip install ml_dtypes")
        })?;
        Ok(ml_dtypes.getattr("bfloat16")?.unbind())
    })
}

/// What is needed of torch, looked up once if the program has imported it.
pub(crate) struct Torch {
    pub(crate) tensor: Py<PyType>,
    pub(crate) to_dlpack: Py<PyAny>,
    from_numpy: Py<PyAny>,
    bfloat16: Py<PyAny>,
}

impl Torch {
    /// Nothing if the program has not imported torch: then it has no tensors either.
    pub(crate) fn get(py: Python<'_>) -> PyResult<Option<&Self>> {
        static TORCH: PyOnceLock<Torch> = PyOnceLock::new();
        if let Some(torch) = TORCH.get(py) {
            return Ok(Some(torch));
        }
        let modules = py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?;
        let modules = modules.cast_into::<PyDict>()?;
        let Some(torch) = modules.get_item(intern!(py, "torch"))? else { return Ok(None) };
        // A program may have put something else there, or be in the midst of importing it.
        let Ok(tensor) = torch.getattr("Tensor") else { return Ok(None) };
        let Ok(dlpack) = torch.getattr("utils").and_then(|utils| utils.getattr("dlpack")) else {
            return Ok(None);
        };
        let made = Self {
            tensor: tensor.cast_into::<PyType>()?.unbind(),
            to_dlpack: dlpack.getattr("to_dlpack")?.unbind(),
            from_numpy: torch.getattr("from_numpy")?.unbind(),
            bfloat16: torch.getattr("bfloat16")?.unbind(),
        };
        Ok(Some(TORCH.get_or_init(py, || made)))
    }
}

/// A new array of numpy, whose values are not yet anything. One of bfloat16 is one of uint16 until
/// [`Home::hand_over`].
pub(crate) fn empty<'py>(
    py: Python<'py>,
    shape: &[usize],
    dtype: Dtype,
) -> PyResult<Bound<'py, PyAny>> {
    let numpy = Numpy::get(py)?;
    let bytes = shape.iter().product::<usize>() * dtype.size();
    let shape = PyTuple::new(py, shape)?;
    let dtype = &numpy.dtypes[dtype as usize];
    if bytes >= LARGE {
        return numpy.ndarray.bind(py).call1((shape, dtype, Py::new(py, Memory::new(bytes))?));
    }
    numpy.empty.bind(py).call1((shape, dtype))
}

impl<'py> Home<'py> {
    /// What [`empty`] has made, filled, as an array of this library. It has the same memory.
    pub(crate) fn hand_over(
        &self,
        array: Bound<'py, PyAny>,
        dtype: Dtype,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = array.py();
        let view = intern!(py, "view");
        let narrow = dtype == Dtype::Bf16;
        match self {
            Self::Numpy if narrow => array.call_method1(view, (ml_bfloat16(py)?,)),
            Self::Numpy => Ok(array),
            Self::Torch => {
                let torch = Torch::get(py)?.ok_or_else(|| refused("torch is gone"))?;
                let tensor = torch.from_numpy.bind(py).call1((array,))?;
                if narrow { tensor.call_method1(view, (&torch.bfloat16,)) } else { Ok(tensor) }
            }
            Self::Other(_) if narrow => Err(refused(
                "bfloat16 results are handed to numpy and torch only: give another dtype, or out",
            )),
            Self::Other(from_dlpack) => from_dlpack.call1((array,)),
        }
    }
}

/// The home of an object that has `__dlpack__`: the function `from_dlpack` of its array namespace,
/// or of its package. If there is none, the results are arrays of numpy.
pub(crate) fn home_of<'py>(object: &Bound<'py, PyAny>) -> PyResult<Home<'py>> {
    let py = object.py();
    let namespace = match object.call_method0(intern!(py, "__array_namespace__")) {
        Ok(namespace) => Some(namespace),
        Err(_) => {
            let module: String = object.get_type().getattr(intern!(py, "__module__"))?.extract()?;
            let package = module.split('.').next().unwrap_or_default();
            let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
            modules.get_item(package)?
        }
    };
    let from_dlpack = namespace.and_then(|n| n.getattr(intern!(py, "from_dlpack")).ok());
    Ok(from_dlpack.map_or(Home::Numpy, Home::Other))
}

/// Whether an object is of exactly this class, or of one below it.
pub(crate) fn is_a(object: &Bound<'_, PyAny>, class: &Py<PyType>) -> PyResult<bool> {
    let class = class.bind(object.py());
    Ok(object.get_type().is(class) || object.is_instance(class)?)
}

/// The type itself, for sentences.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().fully_qualified_name().map_or_else(|_| "?".to_owned(), |n| n.to_string())
}
