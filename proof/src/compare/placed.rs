//! Slices at a chosen distance from a cache line, with guards on either side.

use std::ops::{Deref, DerefMut};

/// The number of bytes of a cache line. No vector, aligned store or streaming store is wider.
const LINE: usize = 64;

/// The number of elements before and behind a slice that are not part of it.
const GUARD: usize = 64;

/// A slice that starts `offset` elements after a cache line, between guards.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    buffer: Vec<T>,
    start: usize,
    len: usize,
    offset: usize,
}

impl<T: Copy> Placed<T> {
    /// `len` elements, all equal to the guards.
    pub fn filled(len: usize, offset: usize, guard: T) -> Self {
        let buffer = vec![guard; LINE + GUARD + offset + len + GUARD];
        let line = buffer.as_ptr().align_offset(LINE).min(LINE);
        Self { buffer, start: line + GUARD + offset, len, offset }
    }

    /// A copy of `values`.
    pub fn new(values: &[T], offset: usize, guard: T) -> Self {
        let mut placed = Self::filled(values.len(), offset, guard);
        placed.copy_from_slice(values);
        placed
    }

    /// How many elements the slice starts after a cache line.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// An offset for an output that goes with this input. It varies with the length and the offset
    /// of the input.
    pub fn other_offset(&self) -> usize {
        (self.offset * 29 + self.len * 13 + 7) % LINE
    }

    /// Everything that is not part of the slice.
    pub fn guards(&self) -> impl Iterator<Item = &T> {
        self.buffer[..self.start].iter().chain(&self.buffer[self.start + self.len..])
    }
}

impl<T> Deref for Placed<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Placed<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}
