//! Memory that treats all contenders alike.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line.
const LINE: usize = 64;

/// No last-level cache is expected to hold this many bytes.
const UNCACHED: usize = 128 << 20;

/// Sizes from here on, in bytes of f32, are measured out of memory.
const COLD_FROM: usize = 64 << 20;

/// A slice that begins a given number of bytes past a cache line, wherever the allocator put it: a
/// load or store across two lines costs two, which must not be one contender's luck.
pub(crate) struct Buffer<T> {
    values: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Clone> Buffer<T> {
    /// `len` times `value`, `offset` bytes past a line.
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

/// How many copies of an input of so many bytes the calls go round, where the tensor has `elements`:
/// one where it is to be found in the caches, and otherwise as many as push each other out. A call
/// then finds nothing of its input that the call before it left behind, in whichever direction
/// either of them walks.
pub(crate) fn copies(elements: usize, bytes: usize) -> usize {
    if elements * size_of::<f32>() < COLD_FROM { 1 } else { UNCACHED.div_ceil(bytes) }
}
