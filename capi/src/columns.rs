//! Scales per column, without the memory that absmax would allocate. Strips of columns are turned
//! into rows in scratch memory, quantized there, and turned back. Dequantizing needs no scratch
//! memory: small squares are turned on the stack.

use core::array;

use absmax::{Backend, Element, Integer, Rows, RowsMut};

use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::job::Job;
use crate::matrix::Matrix;
use crate::memory::Memory;
use crate::outputs::Given;
use crate::scheme::Recipe;
use crate::types::{Float, with_float};

/// The number of columns of a strip.
const STRIP: usize = 64;

/// The number of rows that are turned together: those of f32 fill a cache line of each column.
const AT_ONCE: usize = 16;

/// The side of a square that is dequantized on the stack.
const SQUARE: usize = 32;

/// The bytes of scratch memory that quantizing so many rows takes, unless they overflow.
pub(crate) fn scratch_size(float: Float, rows: usize, row_len: usize) -> Option<usize> {
    let values = rows.checked_mul(row_len.min(STRIP))?;
    if values == 0 {
        return Some(0);
    }
    // The values have to be aligned.
    values.checked_mul(float.size() + 1)?.checked_add(float.size() - 1)
}

/// Quantizes a matrix whose columns are sets.
///
/// # Safety
///
/// As for [`Job::run`].
pub(crate) unsafe fn quantize(job: Job, scratch: Memory) -> Checked {
    let (rows, row_len) = (job.x.rows(), job.x.row_len());
    let needed = scratch_size(job.float, rows, row_len).unwrap_or(usize::MAX);
    if scratch.len() < needed {
        let (status, found) = (ABSMAX_ERROR_SCRATCH, scratch.len());
        return Err(Fault::unlike(status, ABSMAX_ARG_SCRATCH, needed, found));
    }
    let values = rows * row_len.min(STRIP);
    let (q, x) = (scratch.part(0, values), scratch.part(values, scratch.len() - values));
    let x = x.aligned_to(job.float.size());
    // SAFETY: the caller vouches for the memory.
    unsafe { job.check_given() }?;
    let scheme = job.recipe.scheme.per_channel(0);
    let mut first = 0;
    loop {
        let count = STRIP.min(row_len - first);
        let turned = Matrix::within(q, count, rows)?;
        let part = Job {
            recipe: Recipe { scheme, ..job.recipe },
            x: Matrix::within(x, count, rows)?,
            given: job.given.map(|given| given.part(first, count)),
            to: job.to.part(turned, first, count),
            ..job
        };
        // SAFETY: the caller vouches for the memory. The scratch memory overlaps nothing.
        unsafe {
            with_float!(job.float, T => {
                let from = job.x.window(0, rows, first, count);
                turn(from.get::<T>()?, part.x.get_mut::<T>()?);
            });
            part.run().map_err(|fault| explain(job, fault.after(first, 0)))?;
            turn(turned.get::<u8>()?, job.to.q.window(0, rows, first, count).get_mut::<u8>()?);
        }
        first += count;
        if first >= row_len {
            break;
        }
    }
    if job.to.q.row_len() == row_len {
        return Ok(());
    }
    // SAFETY: the caller vouches for the memory.
    unsafe {
        let zero_point = match (row_len.checked_sub(1), job.given) {
            (None, _) => None,
            (Some(last), None) => job.to.zero_point(last),
            (Some(last), Some(given)) => given.zero_point(last),
        };
        let zero_point = match (zero_point, job.given) {
            (Some(zero_point), _) => zero_point,
            (None, Some(_)) if row_len > 0 => job.recipe.scheme.offset(),
            _ => job.zero_point_of_zeros()?,
        };
        let mut q = job.to.q.get_mut::<u8>()?;
        for row in 0..rows {
            if let Some(padding) = q.get_mut(row).and_then(|row| row.get_mut(row_len..)) {
                // The bits are those of the integers, whichever type these have.
                padding.fill(zero_point as u8);
            }
        }
    }
    Ok(())
}

/// The fault of a matrix, of which a strip has the fault: the first value of the matrix that is not
/// finite is named, as absmax does.
///
/// # Safety
///
/// As for [`Job::run`].
unsafe fn explain(job: Job, fault: Fault) -> Fault {
    if fault.status != ABSMAX_ERROR_NOT_FINITE {
        return fault;
    }
    let wild = with_float!(job.float, T => {
        // SAFETY: the caller vouches for the memory.
        unsafe { job.x.get::<T>() }.ok().and_then(first_wild)
    });
    wild.map_or(fault, |(index, value)| Fault { index, value, ..fault })
}

/// The first value that is not finite, and its index, gaps included.
fn first_wild<T: Element>(x: Rows<'_, T>) -> Option<(usize, f32)> {
    (0..x.rows()).find_map(|row| {
        let mut values = x.get(row)?.iter().map(|x| x.to_f32()).enumerate();
        let (column, value) = values.find(|(_, value)| !value.is_finite())?;
        Some((row * x.row_stride() + column, value))
    })
}

/// Writes the columns of a matrix as rows.
fn turn<T: Copy>(from: Rows<'_, T>, mut to: RowsMut<'_, T>) {
    if from.row_len() == 0 {
        // There may be any number of such rows.
        return;
    }
    for first in (0..from.rows()).step_by(AT_ONCE) {
        let rows: [&[T]; AT_ONCE] = array::from_fn(|row| from.get(first + row).unwrap_or_default());
        for column in 0..from.row_len() {
            let Some(places) = to.get_mut(column).and_then(|row| row.get_mut(first..)) else {
                continue;
            };
            for (place, row) in places.iter_mut().zip(&rows) {
                // Rows beyond the last are empty, and have no places.
                if let Some(value) = row.get(column) {
                    *place = *value;
                }
            }
        }
    }
}

/// Dequantizes a matrix whose columns are sets.
///
/// # Safety
///
/// As for [`Job::run`]. The elements have the types `Q` and `T`.
pub(crate) unsafe fn dequantize<Q: Integer + Default, T: Element + Default>(
    backend: Backend,
    recipe: Recipe,
    q: Matrix,
    given: Given,
    y: Matrix,
) -> Checked {
    let (mut q_turned, mut y_turned) =
        ([Q::default(); SQUARE * SQUARE], [T::default(); SQUARE * SQUARE]);
    for column in (0..q.row_len()).step_by(SQUARE) {
        let columns = SQUARE.min(q.row_len() - column);
        // SAFETY: the caller vouches for the memory.
        let params = unsafe { given.part(column, columns).params() };
        for row in (0..q.rows()).step_by(SQUARE) {
            let rows = SQUARE.min(q.rows() - row);
            let values = rows * columns;
            // SAFETY: as above.
            let (from, to) = unsafe {
                let to = y.window(row, rows, column, columns).get_mut::<T>()?;
                (q.window(row, rows, column, columns).get::<Q>()?, to)
            };
            turn(from, RowsMut::new(&mut q_turned[..values], columns, rows)?);
            backend.dequantize_rows(
                recipe.scheme.per_channel(0),
                Rows::new(&q_turned[..values], columns, rows)?,
                params,
                RowsMut::new(&mut y_turned[..values], columns, rows)?,
            )?;
            turn(Rows::new(&y_turned[..values], columns, rows)?, to);
        }
    }
    Ok(())
}
