//! Arrays that Python hands in: where their values are, and what keeps them there.
#![allow(unsafe_code, reason = "the buffer protocol is an interface of C")]

use std::ffi::CStr;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3::{ffi, intern};

use crate::dlpack::{CPU, Described, Managed};
use crate::dtype::Dtype;
use crate::error::refused;
use crate::home::{Home, Numpy, Torch, home_of, is_a, type_name};

/// An array in memory. The memory stays while this lives.
pub(crate) struct Array<'py> {
    /// What the caller knows the array as: the name of a parameter.
    pub(crate) name: &'static str,
    pub(crate) data: *mut u8,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    /// In bytes.
    pub(crate) strides: Vec<isize>,
    pub(crate) read_only: bool,
    pub(crate) home: Home<'py>,
    _memory: Memory<'py>,
}

/// What keeps the memory.
enum Memory<'py> {
    Buffer { _buffer: Buffer<'py> },
    Tensor { _tensor: Managed },
}

/// A buffer, given back when this is dropped.
struct Buffer<'py> {
    view: Box<ffi::Py_buffer>,
    py: Python<'py>,
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        let _ = self.py;
        // SAFETY: the buffer was filled by `PyObject_GetBuffer`, and the interpreter's lock is
        // held.
        unsafe { ffi::PyBuffer_Release(&mut *self.view) };
    }
}

impl<'py> Buffer<'py> {
    /// The buffer of an object that has the protocol: with strides and a format, to be read or, if
    /// that is allowed, written.
    fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let mut view = Box::new(ffi::Py_buffer::new());
        // SAFETY: the object is one, and the structure is to be filled.
        let failed =
            unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &mut *view, ffi::PyBUF_RECORDS_RO) }
                != 0;
        if failed { Err(PyErr::fetch(object.py())) } else { Ok(Self { view, py: object.py() }) }
    }

    fn format(&self) -> &[u8] {
        if self.view.format.is_null() {
            return b"B";
        }
        // SAFETY: a format is a string that lives as long as the buffer.
        unsafe { CStr::from_ptr(self.view.format) }.to_bytes()
    }

    /// The numbers of each axis: the shape or the strides.
    fn numbers(&self, from: *mut isize) -> &[isize] {
        let rank = usize::try_from(self.view.ndim).unwrap_or(0);
        // SAFETY: a buffer that was asked for strides has `ndim` numbers at either pointer, which
        // is null for scalars only.
        if from.is_null() { &[] } else { unsafe { std::slice::from_raw_parts(from, rank) } }
    }
}

impl<'py> Array<'py> {
    /// The array that an object is or gives: one of numpy or torch, or one with DLPack or the
    /// buffer protocol, whose elements are of one of the types `expected`.
    pub(crate) fn of(
        object: &Bound<'py, PyAny>,
        name: &'static str,
        expected: &[Dtype],
    ) -> PyResult<Self> {
        let py = object.py();
        let array = if is_a(object, &Numpy::get(py)?.ndarray)? {
            Self::of_numpy(object, name, expected)?
        } else if let Some(torch) = Torch::get(py)?
            && is_a(object, &torch.tensor)?
        {
            Self::of_torch(object, name, expected, torch)?
        } else if object.hasattr(intern!(py, "__dlpack__"))? {
            Self::of_dlpack(object, name, expected)?
        } else if is_buffer(object) {
            Self::of_buffer(object, name, expected)?
        } else {
            return Err(PyTypeError::new_err(format!(
                "{name}: an array of numpy or torch expected, or one with DLPack or the buffer protocol; \
                 {} found",
                type_name(object)
            )));
        };
        if expected.contains(&array.dtype) {
            return Ok(array);
        }
        Err(unexpected(name, expected, array.dtype.name()))
    }

    /// An array that is to be filled: one of numpy with elements of the size of `dtype`.
    pub(crate) fn of_empty(object: &Bound<'py, PyAny>, dtype: Dtype) -> PyResult<Self> {
        Ok(Self::from_view(Buffer::of(object)?, "result", dtype, Home::Numpy))
    }

    fn of_numpy(
        object: &Bound<'py, PyAny>,
        name: &'static str,
        expected: &[Dtype],
    ) -> PyResult<Self> {
        let py = object.py();
        let plain = object.get_type().is(Numpy::get(py)?.ndarray.bind(py));
        if !plain && object.hasattr(intern!(py, "mask"))? {
            return Err(refused(format!(
                "{name}: a masked array found, whose mask would be lost: give {name}.data, or \
                 {name}.filled(0)"
            )));
        }
        // numpy refuses the buffer of a type that is not its own.
        let found = match Buffer::of(object) {
            Ok(buffer) => return Self::of_view(object, buffer, name, expected, Home::Numpy),
            Err(_) => object.getattr(intern!(py, "dtype"))?,
        };
        if found.to_string() != Dtype::Bf16.name() {
            return Err(unexpected(name, expected, &found.to_string()));
        }
        let bits = object.call_method1(intern!(py, "view"), (intern!(py, "uint16"),))?;
        let buffer = Buffer::of(&bits)?;
        Ok(Self::from_view(buffer, name, Dtype::Bf16, Home::Numpy))
    }

    fn of_buffer(
        object: &Bound<'py, PyAny>,
        name: &'static str,
        expected: &[Dtype],
    ) -> PyResult<Self> {
        let buffer = Buffer::of(object)?;
        Self::of_view(object, buffer, name, expected, Home::Numpy)
    }

    fn of_view(
        object: &Bound<'py, PyAny>,
        buffer: Buffer<'py>,
        name: &'static str,
        expected: &[Dtype],
        home: Home<'py>,
    ) -> PyResult<Self> {
        if !buffer.view.suboffsets.is_null()
            && buffer.numbers(buffer.view.suboffsets).iter().any(|&offset| offset >= 0)
        {
            return Err(refused(format!("{name}: a buffer of pointers is not an array")));
        }
        let size = usize::try_from(buffer.view.itemsize).unwrap_or(0);
        match Dtype::of_format(buffer.format(), size) {
            Some(dtype) => Ok(Self::from_view(buffer, name, dtype, home)),
            None => Err(of_format(object, &buffer, name, expected)),
        }
    }

    fn from_view(buffer: Buffer<'py>, name: &'static str, dtype: Dtype, home: Home<'py>) -> Self {
        let shape = buffer.numbers(buffer.view.shape);
        let shape = shape.iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect();
        Self {
            name,
            data: buffer.view.buf.cast(),
            dtype,
            shape,
            strides: buffer.numbers(buffer.view.strides).to_vec(),
            read_only: buffer.view.readonly != 0,
            home,
            _memory: Memory::Buffer { _buffer: buffer },
        }
    }

    fn of_torch(
        object: &Bound<'py, PyAny>,
        name: &'static str,
        expected: &[Dtype],
        torch: &Torch,
    ) -> PyResult<Self> {
        let py = object.py();
        if object.getattr(intern!(py, "requires_grad"))?.is_truthy()? {
            return Err(refused(format!(
                "{name}: the tensor requires grad, and quantizing has none: give {name}.detach()"
            )));
        }
        if !object.getattr(intern!(py, "is_cpu"))?.is_truthy()? {
            let device = object.getattr(intern!(py, "device"))?;
            return Err(refused(format!(
                "{name}: a tensor in main memory expected, found one on the device {device}: give \
                 {name}.cpu()"
            )));
        }
        // Such a view holds the numbers with the other sign, and DLPack cannot say so.
        if object.call_method0(intern!(py, "is_neg"))?.is_truthy()? {
            return Err(refused(format!(
                "{name}: the tensor is a view whose signs are yet to be changed: give \
                 {name}.resolve_neg()"
            )));
        }
        let capsule = torch.to_dlpack.bind(py).call1((object,)).map_err(|error| {
            let text = format!("{name}: torch does not hand the tensor over: {error}");
            refused(text)
        })?;
        let managed = Managed::from_capsule(capsule.cast::<PyCapsule>()?)?;
        Self::of_managed(managed, name, expected, Home::Torch, || {
            object.getattr("dtype").map(|dtype| dtype.to_string())
        })
    }

    fn of_dlpack(
        object: &Bound<'py, PyAny>,
        name: &'static str,
        expected: &[Dtype],
    ) -> PyResult<Self> {
        let py = object.py();
        let device = object.call_method0(intern!(py, "__dlpack_device__"))?;
        let device: (i32, i32) = device.extract()?;
        on_cpu(name, device)?;
        let method = object.getattr(intern!(py, "__dlpack__"))?;
        let options = PyDict::new(py);
        options.set_item("max_version", (1, 0))?;
        let capsule = match method.call((), Some(&options)) {
            // Producers from before version 1 do not know the parameter.
            Err(error) if error.is_instance_of::<PyTypeError>(py) => method.call0()?,
            result => result?,
        };
        let managed = Managed::from_capsule(capsule.cast::<PyCapsule>()?)?;
        Self::of_managed(managed, name, expected, home_of(object)?, || {
            object.getattr("dtype").map(|dtype| dtype.to_string())
        })
    }

    fn of_managed(
        managed: Managed,
        name: &'static str,
        expected: &[Dtype],
        home: Home<'py>,
        dtype_name: impl FnOnce() -> PyResult<String>,
    ) -> PyResult<Self> {
        let Described { data, device, dtype, shape, strides, read_only } = managed.describe();
        on_cpu(name, device)?;
        let Some(dtype) = Dtype::of_dlpack(dtype.code, dtype.bits, dtype.lanes) else {
            let (code, bits) = (dtype.code, dtype.bits);
            let found =
                dtype_name().unwrap_or_else(|_| format!("DLPack's type {code} of {bits} bits"));
            return Err(unexpected(name, expected, &found));
        };
        // Tensors that only stand for others, such as torch's FakeTensor, have no numbers.
        if data.is_null() && !shape.contains(&0) {
            return Err(refused(format!("{name}: the tensor has a shape and no memory")));
        }
        let memory = Memory::Tensor { _tensor: managed };
        Ok(Self { name, data, dtype, shape, strides, read_only, home, _memory: memory })
    }

    /// The number of elements.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The addresses that the array reaches over, gaps included: of the first byte, and of the byte
    /// after the last.
    pub(crate) fn reach(&self) -> (usize, usize) {
        if self.len() == 0 {
            return (0, 0);
        }
        let (mut low, mut high) = (0isize, 0isize);
        for (&n, &stride) in self.shape.iter().zip(&self.strides) {
            let last = stride * (n as isize - 1);
            low += last.min(0);
            high += last.max(0);
        }
        let start = self.data as usize;
        (start.wrapping_add_signed(low), start.wrapping_add_signed(high) + self.dtype.size())
    }
}

fn on_cpu(name: &str, (device, index): (i32, i32)) -> PyResult<()> {
    const NAMES: [(i32, &str); 6] =
        [(2, "CUDA"), (3, "CUDA host"), (4, "OpenCL"), (7, "Vulkan"), (8, "Metal"), (10, "ROCm")];
    if device == CPU {
        return Ok(());
    }
    let known = NAMES.iter().find(|(number, _)| *number == device).map(|(_, name)| *name);
    let known = known.map_or_else(String::new, |name| format!(", {name}"));
    Err(refused(format!(
        "{name}: an array in main memory expected, found one on another device: DLPack's device type \
         {device}{known}, index {index}"
    )))
}

fn is_buffer(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is one.
    unsafe { ffi::PyObject_CheckBuffer(object.as_ptr()) != 0 }
}

/// The error of elements that are of no type that is known here.
fn of_format(
    object: &Bound<'_, PyAny>,
    buffer: &Buffer<'_>,
    name: &str,
    expected: &[Dtype],
) -> PyErr {
    let format = String::from_utf8_lossy(buffer.format()).into_owned();
    let found = object.getattr("dtype").map_or_else(|_| format.clone(), |dtype| dtype.to_string());
    let swapped = [if cfg!(target_endian = "little") { b'>' } else { b'<' }, b'!'];
    if buffer.format().len() == 2 && swapped.contains(&buffer.format()[0]) {
        return refused(format!(
            "{name}: the bytes of its elements are swapped ({found}): give \
             {name}.astype({name}.dtype.newbyteorder(\"=\"))"
        ));
    }
    unexpected(name, expected, &found)
}

fn unexpected(name: &str, expected: &[Dtype], found: &str) -> PyErr {
    let names = Dtype::names(expected);
    let hint = if expected == Dtype::FLOATS && !found.contains(' ') {
        format!(": convert it first, to {}", Dtype::F32.name())
    } else {
        String::new()
    };
    refused(format!("{name}: {names} expected, {found} found{hint}"))
}
