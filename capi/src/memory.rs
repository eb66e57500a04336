//! The one way from pointers to slices. A [`Memory`] is a pointer, a type's size and a length that
//! have been looked at: it is not null unless it is empty, it is aligned, and its end is no larger
//! than an object may be.

use core::slice;

use crate::codes::*;
use crate::fault::{Checked, Fault};

/// So many elements somewhere in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    first: *mut u8,
    size: usize,
    len: usize,
    argument: u32,
}

impl Memory {
    /// No elements.
    pub(crate) const NONE: Self =
        Self { first: core::ptr::null_mut(), size: 1, len: 0, argument: ABSMAX_ARG_NONE };

    /// Elements of `size` bytes, which are aligned to so many as well.
    pub(crate) fn new<T>(first: *const T, size: usize, len: usize, argument: u32) -> Checked<Self> {
        let bytes = len.checked_mul(size).filter(|&bytes| isize::try_from(bytes).is_ok());
        let end = bytes.and_then(|bytes| first.addr().checked_add(bytes));
        if end.is_none() {
            return Err(Fault::new(ABSMAX_ERROR_SIZE_OVERFLOW, argument));
        }
        if len > 0 && first.is_null() {
            return Err(Fault::new(ABSMAX_ERROR_NULL, argument));
        }
        if len > 0 && !first.addr().is_multiple_of(size) {
            let past = first.addr() % size;
            return Err(Fault::unlike(ABSMAX_ERROR_ALIGNMENT, argument, size, past));
        }
        Ok(Self { first: first.cast_mut().cast(), size, len, argument })
    }

    /// Elements of a type.
    pub(crate) fn of<T>(first: *const T, len: usize, argument: u32) -> Checked<Self> {
        Self::new(first, size_of::<T>(), len, argument)
    }

    /// The number of elements.
    pub(crate) const fn len(self) -> usize {
        self.len
    }

    /// The part from an element on. What is beyond the end is left out.
    pub(crate) fn part(self, first: usize, len: usize) -> Self {
        let first = first.min(self.len);
        let len = len.min(self.len - first);
        Self { first: self.first.wrapping_add(first * self.size), len, ..self }
    }

    /// The same bytes as elements of another size, as many as fit, from the first aligned one on.
    pub(crate) fn aligned_to(self, size: usize) -> Self {
        let skip = self.first.addr().wrapping_neg() % size;
        let left = (self.len * self.size).saturating_sub(skip);
        Self { first: self.first.wrapping_add(skip), size, len: left / size, ..self }
    }

    /// The elements, to be read.
    ///
    /// # Safety
    ///
    /// `T` has the size that this was made with and any bits are a `T`. The memory is the caller's
    /// as absmax.h says, and is not written while the slice lives.
    pub(crate) unsafe fn slice<'a, T>(self) -> &'a [T] {
        debug_assert_eq!(size_of::<T>(), self.size);
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the pointer is not null and aligned, and the length fits, as `new` saw. The
        // caller vouches for what it points to.
        unsafe { slice::from_raw_parts(self.first.cast(), self.len) }
    }

    /// The elements, to be written.
    ///
    /// # Safety
    ///
    /// As for [`Memory::slice`], and the memory is not read otherwise while the slice lives.
    pub(crate) unsafe fn slice_mut<'a, T>(self) -> &'a mut [T] {
        debug_assert_eq!(size_of::<T>(), self.size);
        if self.len == 0 {
            return &mut [];
        }
        // SAFETY: the pointer is not null and aligned, and the length fits, as `new` saw. The
        // caller vouches for what it points to.
        unsafe { slice::from_raw_parts_mut(self.first.cast(), self.len) }
    }

    /// Whether this begins where another begins and is as long.
    pub(crate) fn is(self, other: Self) -> bool {
        self.first == other.first && self.len * self.size == other.len * other.size
    }

    /// Whether a byte belongs to both.
    fn overlaps(self, other: Self) -> bool {
        let [(a, a_end), (b, b_end)] = [self, other].map(|memory| {
            let first = memory.first.addr();
            (first, first + memory.len * memory.size)
        });
        self.len > 0 && other.len > 0 && a < b_end && b < a_end
    }
}

/// Checks that outputs overlap neither inputs nor one another.
pub(crate) fn apart(outputs: &[Memory], inputs: &[Memory]) -> Checked {
    for (i, output) in outputs.iter().enumerate() {
        if outputs[..i].iter().chain(inputs).any(|other| output.overlaps(*other)) {
            return Err(Fault::new(ABSMAX_ERROR_OVERLAP, output.argument));
        }
    }
    Ok(())
}

/// Writes a result to a place that has been checked to be one.
///
/// # Safety
///
/// `place` came from [`Memory::of`] for one `T`, and is the caller's as absmax.h says.
pub(crate) unsafe fn put<T>(place: Memory, value: T) {
    // SAFETY: as `slice_mut` has it; nothing that was there is dropped, since `T` is plain data.
    unsafe { place.first.cast::<T>().write(value) };
}
