//! The structures of DLPack, by which array libraries hand memory to each other, and how a tensor
//! is taken out of its capsule.
#![allow(unsafe_code, reason = "DLPack is an interface of C: pointers in structures")]

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods};

const CAPSULE: &CStr = c"dltensor";
const USED_CAPSULE: &CStr = c"used_dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const USED_VERSIONED: &CStr = c"used_dltensor_versioned";
/// The bit of a versioned tensor's flags that says that it must not be written to.
const READ_ONLY: u64 = 1;
/// The device of main memory.
pub(crate) const CPU: i32 = 1;

/// What a tensor's elements are.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DataType {
    pub(crate) code: u8,
    pub(crate) bits: u8,
    pub(crate) lanes: u16,
}

/// A tensor, which somebody else owns.
#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    dtype: DataType,
    shape: *mut i64,
    /// In elements; null if the tensor is row-major without gaps.
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Legacy {
    tensor: Tensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Legacy)>,
}

#[repr(C)]
struct Versioned {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    flags: u64,
    tensor: Tensor,
}

/// A tensor that was taken out of its capsule. Its memory is given back when this is dropped.
pub(crate) enum Managed {
    Legacy(LegacyPointer),
    Versioned(VersionedPointer),
}

pub(crate) struct LegacyPointer(NonNull<Legacy>);
pub(crate) struct VersionedPointer(NonNull<Versioned>);

impl Drop for LegacyPointer {
    fn drop(&mut self) {
        // SAFETY: the capsule held a tensor, which is ours since the capsule was renamed.
        unsafe {
            if let Some(deleter) = self.0.as_ref().deleter {
                deleter(self.0.as_ptr());
            }
        }
    }
}

impl Drop for VersionedPointer {
    fn drop(&mut self) {
        // SAFETY: the capsule held a tensor, which is ours since the capsule was renamed.
        unsafe {
            if let Some(deleter) = self.0.as_ref().deleter {
                deleter(self.0.as_ptr());
            }
        }
    }
}

/// What a tensor says of its memory.
pub(crate) struct Described {
    pub(crate) data: *mut u8,
    pub(crate) device: (i32, i32),
    pub(crate) dtype: DataType,
    pub(crate) shape: Vec<usize>,
    /// In bytes.
    pub(crate) strides: Vec<isize>,
    pub(crate) read_only: bool,
}

impl Managed {
    /// Takes the tensor out of a capsule, which is used up.
    pub(crate) fn from_capsule(capsule: &Bound<'_, PyCapsule>) -> PyResult<Self> {
        if capsule.is_valid_checked(Some(VERSIONED)) {
            let pointer = capsule.pointer_checked(Some(VERSIONED))?.cast::<Versioned>();
            // SAFETY: a capsule of this name holds such a structure, whose first fields are the
            // same in every version.
            let major = unsafe { pointer.as_ref().major };
            if major != 1 {
                return Err(PyValueError::new_err(format!(
                    "DLPack: version 1 expected, {major} found"
                )));
            }
            rename(capsule, USED_VERSIONED)?;
            return Ok(Self::Versioned(VersionedPointer(pointer)));
        }
        let pointer = capsule.pointer_checked(Some(CAPSULE))?.cast::<Legacy>();
        rename(capsule, USED_CAPSULE)?;
        Ok(Self::Legacy(LegacyPointer(pointer)))
    }

    /// What the tensor says of itself. The memory is there as long as `self` is.
    pub(crate) fn describe(&self) -> Described {
        // SAFETY: the producer's structure is alive until it is deleted, when `self` is dropped.
        let (tensor, read_only) = unsafe {
            match self {
                Self::Legacy(pointer) => (&pointer.0.as_ref().tensor, false),
                Self::Versioned(pointer) => {
                    let managed = pointer.0.as_ref();
                    (&managed.tensor, managed.flags & READ_ONLY != 0)
                }
            }
        };
        let rank = usize::try_from(tensor.ndim).unwrap_or(0);
        let numbers = |from: *mut i64| -> Option<Vec<i64>> {
            // SAFETY: DLPack has `ndim` numbers at these pointers, unless they are null.
            (!from.is_null()).then(|| unsafe { std::slice::from_raw_parts(from, rank) }.to_vec())
        };
        let shape: Vec<usize> = numbers(tensor.shape)
            .unwrap_or_default()
            .into_iter()
            .map(|n| usize::try_from(n).unwrap_or(0))
            .collect();
        let item =
            (usize::from(tensor.dtype.bits) * usize::from(tensor.dtype.lanes)).div_ceil(8) as isize;
        let strides = match numbers(tensor.strides) {
            Some(strides) => strides.into_iter().map(|s| s as isize * item).collect(),
            None => row_major(&shape, item),
        };
        let data = tensor.data.cast::<u8>().wrapping_add(tensor.byte_offset as usize);
        let device = (tensor.device_type, tensor.device_id);
        Described { data, device, dtype: tensor.dtype, shape, strides, read_only }
    }
}

/// The strides of a row-major tensor without gaps, in bytes.
fn row_major(shape: &[usize], item: isize) -> Vec<isize> {
    let mut strides = vec![item; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis] as isize;
    }
    strides
}

/// Marks a capsule as used, so that its destructor leaves the tensor to us.
fn rename(capsule: &Bound<'_, PyCapsule>, name: &'static CStr) -> PyResult<()> {
    // SAFETY: the capsule is one, and the name lives as long as the program.
    let failed = unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), name.as_ptr()) } != 0;
    if failed { Err(PyErr::fetch(capsule.py())) } else { Ok(()) }
}
