//! Memory of large results, used again when a result is gone.
//!
//! The system hands out large memory page by page, when each page is first touched, and that takes
//! longer than quantizing what goes there. So the last few blocks that were freed are kept.
#![allow(unsafe_code, reason = "the buffer protocol is an interface of C")]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use pyo3::ffi;
use pyo3::prelude::*;

/// Results of so many bytes and more are kept. The allocator keeps what is smaller.
pub(crate) const LARGE: usize = 1 << 19;
/// So many bytes are kept at most.
const KEPT: usize = 1 << 27;
/// Where the bytes begin, so that vectors do not lie across lines of the cache.
const ALIGNMENT: usize = 64;

/// The blocks that are kept, the oldest first. The lock is held by threads that hold the
/// interpreter's lock, too, so no process is forked while another thread holds it.
static KEPT_BLOCKS: Mutex<Vec<Vec<u64>>> = Mutex::new(Vec::new());

/// Memory that is written by a kernel and then belongs to an array.
#[pyclass(frozen, module = "absmax")]
pub(crate) struct Memory {
    block: Vec<u64>,
    /// The address of the first of `bytes` bytes of the block. They are written through it alone.
    start: usize,
    bytes: usize,
}

impl Memory {
    /// Memory of so many bytes, which hold anything.
    pub(crate) fn new(bytes: usize) -> Self {
        let words = (bytes + ALIGNMENT).div_ceil(size_of::<u64>());
        let mut kept = KEPT_BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        // A block may be up to a quarter larger than what it is used for.
        let fits = |block: &Vec<u64>| (words..=words + words / 4).contains(&block.len());
        let block = kept.iter().rposition(fits).map(|found| kept.remove(found));
        drop(kept);
        let mut block = block.unwrap_or_else(|| vec![0; words]);
        let start = block.as_mut_ptr().cast::<u8>();
        let start = start.wrapping_add(start.align_offset(ALIGNMENT)).expose_provenance();
        Self { block, start, bytes }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let block = std::mem::take(&mut self.block);
        let mut kept = KEPT_BLOCKS.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(block);
        let mut size: usize = kept.iter().map(|block| size_of_val(block.as_slice())).sum();
        while size > KEPT {
            size -= size_of_val(kept.remove(0).as_slice());
        }
    }
}

#[pymethods]
impl Memory {
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let (memory, owner) = (slf.get(), slf.as_ptr());
        let start = ptr::with_exposed_provenance_mut::<c_void>(memory.start);
        // SAFETY: the interpreter hands a buffer to be filled. The memory is there as long as the
        // object, which the buffer holds; arrays that share it are written as Python's are.
        let failed =
            unsafe { ffi::PyBuffer_FillInfo(view, owner, start, memory.bytes as isize, 0, flags) };
        if failed != 0 { Err(PyErr::fetch(slf.py())) } else { Ok(()) }
    }
}

/// Gives the memory back to the system that is kept for large results: 128 MiB at most.
#[pyfunction]
pub(crate) fn free_memory() {
    KEPT_BLOCKS.lock().unwrap_or_else(PoisonError::into_inner).clear();
}
