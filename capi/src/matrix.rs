//! A matrix in the caller's memory.

use core::ffi::c_void;

use absmax::{Rows, RowsMut};

use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::memory::Memory;

/// Rows of elements, which have been checked to lie in one piece of memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix {
    /// From the first element of the first row to the last of the last.
    memory: Memory,
    rows: usize,
    row_len: usize,
    row_stride: usize,
}

impl Matrix {
    /// A matrix with `[rows, row_len, row_stride]`, of elements of so many bytes.
    pub(crate) fn new(
        data: *const c_void,
        size: usize,
        [rows, row_len, row_stride]: [usize; 3],
        argument: u32,
    ) -> Checked<Self> {
        if row_stride < row_len {
            let status = ABSMAX_ERROR_ROW_STRIDE;
            return Err(Fault::unlike(status, argument, row_len, row_stride));
        }
        let reach = reach(rows, row_len, row_stride);
        let reach = reach.ok_or(Fault::new(ABSMAX_ERROR_SIZE_OVERFLOW, argument))?;
        let memory = Memory::new(data, size, reach, argument)?;
        // Rows without elements may be any number; all else is counted by addresses.
        if rows.checked_mul(row_len).is_none() {
            return Err(Fault::new(ABSMAX_ERROR_SIZE_OVERFLOW, argument));
        }
        Ok(Self { memory, rows, row_len, row_stride })
    }

    /// A matrix without gaps in memory that is large enough. What is too small is a fault.
    pub(crate) fn within(memory: Memory, rows: usize, row_len: usize) -> Checked<Self> {
        Self::strided_within(memory, [rows, row_len, row_len])
    }

    /// A matrix in memory that is large enough. What is too small is a fault.
    pub(crate) fn strided_within(memory: Memory, shape: [usize; 3]) -> Checked<Self> {
        let [rows, row_len, row_stride] = shape;
        let reach = reach(rows, row_len, row_stride).unwrap_or(usize::MAX);
        if reach > memory.len() {
            let (status, found) = (ABSMAX_ERROR_SCRATCH, memory.len());
            return Err(Fault::unlike(status, ABSMAX_ARG_SCRATCH, reach, found));
        }
        Ok(Self { memory: memory.part(0, reach), rows, row_len, row_stride })
    }

    pub(crate) const fn memory(self) -> Memory {
        self.memory
    }

    pub(crate) const fn rows(self) -> usize {
        self.rows
    }

    pub(crate) const fn row_len(self) -> usize {
        self.row_len
    }

    pub(crate) const fn row_stride(self) -> usize {
        self.row_stride
    }

    /// Some of the rows, which have to exist.
    pub(crate) fn part(self, first: usize, rows: usize) -> Self {
        self.window(first, rows, 0, self.row_len)
    }

    /// Some columns of some rows, which have to exist.
    pub(crate) fn window(self, first: usize, rows: usize, column: usize, columns: usize) -> Self {
        let reach = reach(rows, columns, self.row_stride).unwrap_or(0);
        let memory = if reach == 0 {
            self.memory.part(0, 0)
        } else {
            self.memory.part(first * self.row_stride + column, reach)
        };
        Self { memory, rows, row_len: columns, row_stride: self.row_stride }
    }

    /// The rows, to be read.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice`].
    pub(crate) unsafe fn get<'a, T>(self) -> Checked<Rows<'a, T>> {
        // SAFETY: the caller vouches for the memory.
        let data = unsafe { self.memory.slice() };
        Ok(Rows::strided(data, self.rows, self.row_len, self.row_stride)?)
    }

    /// The rows, to be written.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice_mut`].
    pub(crate) unsafe fn get_mut<'a, T>(self) -> Checked<RowsMut<'a, T>> {
        // SAFETY: the caller vouches for the memory.
        let data = unsafe { self.memory.slice_mut() };
        Ok(RowsMut::strided(data, self.rows, self.row_len, self.row_stride)?)
    }
}

/// The number of elements from the first of the first row to the last of the last.
fn reach(rows: usize, row_len: usize, row_stride: usize) -> Option<usize> {
    if rows == 0 || row_len == 0 {
        return Some(0);
    }
    (rows - 1).checked_mul(row_stride)?.checked_add(row_len)
}
