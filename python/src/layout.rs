//! How the values of an array are laid out as rows of a matrix, which is what kernels take.
#![allow(unsafe_code, reason = "values are where Python's arrays say that they are")]

use absmax::{Rows, RowsMut};
use pyo3::PyResult;

use crate::array::Array;
use crate::error::{refused, value_error};

/// Rows shorter than this are rather copied together, where any division into rows will do.
const SHORT: usize = 64;

/// The axis that begins the rows of an array, where any will do: one at which neither `x` nor what
/// is written needs to be copied, if there is one. Then neither has short rows with gaps.
pub(crate) fn any_split(x: &Array<'_>, out: Option<&Array<'_>>) -> usize {
    let long = |steps: Steps| steps.rows <= 1 || steps.row_len >= SHORT;
    let lies = |array: &Array<'_>, axis| Steps::of(array, axis).is_some_and(long);
    let axes = || 0..=x.shape.len();
    let both = axes().find(|&axis| lies(x, axis) && out.is_none_or(|out| lies(out, axis)));
    both.or_else(|| axes().find(|&axis| out.is_none_or(|out| Steps::of(out, axis).is_some())))
        .unwrap_or(0)
}

/// The values of an array as rows: where they are, or in a copy.
pub(crate) struct Laid<T> {
    pub(crate) rows: usize,
    pub(crate) row_len: usize,
    row_stride: usize,
    data: *const T,
    /// The number of elements from the first value to the last, gaps included.
    reach: usize,
    /// What the values were copied to, if they were.
    _copy: Option<Vec<T>>,
}

/// Values that are written, as rows.
pub(crate) struct LaidMut<T> {
    rows: usize,
    row_len: usize,
    row_stride: usize,
    data: *mut T,
    reach: usize,
}

/// Rows in memory, in elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Steps {
    rows: usize,
    row_len: usize,
    row_stride: usize,
}

impl Steps {
    /// The rows that begin at an axis, if they can be had without a copy.
    fn of(array: &Array<'_>, axis: usize) -> Option<Self> {
        let size = array.dtype.size();
        let aligned = (array.data as usize).is_multiple_of(size);
        if aligned { Self::at(&array.shape, &array.strides, size, axis) } else { None }
    }

    fn at(shape: &[usize], strides: &[isize], size: usize, axis: usize) -> Option<Self> {
        let (rows, between) = joined(&shape[..axis], &strides[..axis])?;
        let (row_len, step) = joined(&shape[axis..], &strides[axis..])?;
        if row_len > 1 && step != size as isize {
            return None;
        }
        if rows <= 1 || row_len == 0 {
            return Some(Self { rows, row_len, row_stride: row_len });
        }
        let between = usize::try_from(between).ok()?;
        let row_stride = between / size;
        let apart = between.is_multiple_of(size) && row_stride >= row_len;
        apart.then_some(Self { rows, row_len, row_stride })
    }

    /// The number of elements from the first value to the last, gaps included.
    fn reach(self) -> usize {
        if self.rows == 0 || self.row_len == 0 {
            return 0;
        }
        (self.rows - 1) * self.row_stride + self.row_len
    }
}

/// Some axes as one: its length, and the bytes from one of its elements to the next.
fn joined(shape: &[usize], strides: &[isize]) -> Option<(usize, isize)> {
    if shape.contains(&0) {
        return Some((0, 0));
    }
    let mut all: Option<(usize, isize)> = None;
    for (&n, &stride) in shape.iter().zip(strides).rev().filter(|(n, _)| **n != 1) {
        all = match all {
            None => Some((n, stride)),
            Some((len, step)) if stride == step * len as isize => Some((len * n, step)),
            Some(_) => return None,
        };
    }
    Some(all.unwrap_or((1, 0)))
}

impl<T: Copy> Laid<T> {
    /// The rows, from an axis on, of an array whose elements are `T`. They are copied if they
    /// cannot be had otherwise.
    pub(crate) fn of(array: &Array<'_>, axis: usize) -> Self {
        debug_assert_eq!(size_of::<T>(), array.dtype.size());
        if let Some(steps) = Steps::of(array, axis) {
            let Steps { rows, row_len, row_stride } = steps;
            let data = array.data.cast::<T>().cast_const();
            return Self { rows, row_len, row_stride, data, reach: steps.reach(), _copy: None };
        }
        let copy = gathered::<T>(array);
        let (rows, row_len) =
            (array.shape[..axis].iter().product(), array.shape[axis..].iter().product());
        let (data, reach) = (copy.as_ptr(), copy.len());
        Self { rows, row_len, row_stride: row_len, data, reach, _copy: Some(copy) }
    }

    /// All values in one row. They are copied if there are gaps between them.
    pub(crate) fn of_gapless(array: &Array<'_>) -> Self {
        Self::of(array, 0)
    }

    /// All values, if they are in one row or in rows without gaps: see [`Laid::of_gapless`].
    pub(crate) fn all(&self) -> &[T] {
        self.slice()
    }

    /// The values, as rows.
    pub(crate) fn rows(&self) -> PyResult<Rows<'_, T>> {
        let Self { rows, row_len, row_stride, .. } = *self;
        Rows::strided(self.slice(), rows, row_len, row_stride).map_err(value_error)
    }

    /// All values from the first to the last, gaps included.
    fn slice(&self) -> &[T] {
        if self.reach == 0 {
            return &[];
        }
        // SAFETY: the array, or the copy, has these elements, and it is there while this is. The
        // address is one that `T` may have: otherwise the values were copied.
        unsafe { std::slice::from_raw_parts(self.data, self.reach) }
    }

    /// Which value, in row-major order, is the element of an index that counts gaps too.
    pub(crate) fn value_at(&self, element: usize) -> usize {
        match self.row_stride {
            0 => element,
            stride => element / stride * self.row_len + element % stride,
        }
    }
}

impl<T: Copy> LaidMut<T> {
    /// The rows of an array that is written.
    pub(crate) fn of(array: &Array<'_>, axis: usize) -> PyResult<Self> {
        debug_assert_eq!(size_of::<T>(), array.dtype.size());
        let Some(steps) = Steps::of(array, axis) else {
            return Err(refused(format!(
                "{}: rows of consecutive elements expected, found the shape {:?} with strides of {:?} bytes",
                array.name, array.shape, array.strides
            )));
        };
        let Steps { rows, row_len, row_stride } = steps;
        Ok(Self { rows, row_len, row_stride, data: array.data.cast(), reach: steps.reach() })
    }

    /// The rows that are written.
    pub(crate) fn rows(&mut self) -> absmax::Result<RowsMut<'_, T>> {
        let Self { rows, row_len, row_stride, .. } = *self;
        RowsMut::strided(self.slice(), rows, row_len, row_stride)
    }

    /// All elements from the first to the last, gaps included.
    pub(crate) fn slice(&mut self) -> &mut [T] {
        if self.reach == 0 {
            return &mut [];
        }
        // SAFETY: the array has these elements, may be written to, and shares none with the arrays
        // that
        // are read: see `Target`.
        unsafe { std::slice::from_raw_parts_mut(self.data, self.reach) }
    }
}

/// The values of an array in row-major order, copied.
fn gathered<T: Copy>(array: &Array<'_>) -> Vec<T> {
    let mut values = Vec::with_capacity(array.len());
    if array.len() > 0 {
        gather(array.data, &array.shape, &array.strides, &mut values);
    }
    values
}

fn gather<T: Copy>(from: *const u8, shape: &[usize], strides: &[isize], values: &mut Vec<T>) {
    let places =
        |n: usize, stride: isize| (0..n as isize).map(move |i| from.wrapping_offset(i * stride));
    // SAFETY: each of these addresses is that of an element of the array.
    let read = |place: *const u8| unsafe { place.cast::<T>().read_unaligned() };
    match (shape, strides) {
        ([n], [stride]) => values.extend(places(*n, *stride).map(read)),
        ([n, shape @ ..], [stride, strides @ ..]) => {
            places(*n, *stride).for_each(|place| gather(place, shape, strides, values));
        }
        _ => values.push(read(from)),
    }
}
