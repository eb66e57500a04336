//! Memory that treats all contenders alike.

use std::ops::{Deref, DerefMut};

/// The number of bytes of a cache line.
const LINE: usize = 64;

/// No last-level cache is expected to hold this many bytes.
const UNCACHED: usize = 128 << 20;

/// Sizes from here on, in bytes of f32, are measured out of memory.
const COLD_FROM: usize = 64 << 20;

/// A slice that begins a given number of bytes past a cache line, wherever the allocator put it. A
/// load or store across two lines costs as much as two, and which contender has to pay that must
/// not be left to luck.
pub(crate) struct Buffer<T> {
    values: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Clone> Buffer<T> {
    /// A buffer of `len` times `value` that begins `offset` bytes past a line.
    pub(crate) fn new(len: usize, value: T, offset: usize) -> Self {
        let values = vec![value; len + 2 * LINE / size_of::<T>()];
        let start = values.as_ptr().align_offset(LINE) + offset / size_of::<T>();
        Self { values, start, len }
    }

    /// A copy of `values`.
    pub(crate) fn copy(values: &[T], offset: usize) -> Self
    where
        T: Copy + Default,
    {
        let mut buffer = Self::new(values.len(), T::default(), offset);
        buffer.copy_from_slice(values);
        buffer
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..][..self.len]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..][..self.len]
    }
}

/// The number of copies of an input that the calls go round, where the input has so many bytes and
/// the tensor has `elements`. It is one if the input is meant to be found in the caches. Otherwise
/// there are as many copies as push each other out. A call then finds nothing of its input that the
/// call before it left behind, in whichever direction either of them walks.
pub(crate) fn copies(elements: usize, bytes: usize) -> usize {
    if elements * size_of::<f32>() < COLD_FROM { 1 } else { UNCACHED.div_ceil(bytes) }
}
