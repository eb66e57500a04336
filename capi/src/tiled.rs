//! Quantizes to tiles without the memory that absmax would allocate: bands are quantized to rows in
//! scratch memory and interleaved from there.

use absmax::Tiles;

use crate::codes::*;
use crate::columns;
use crate::fault::{Checked, Fault};
use crate::job::Job;
use crate::matrix::Matrix;
use crate::memory::Memory;
use crate::scheme::Recipe;
use crate::types::Float;
use crate::untiled;

/// The number of bytes between the rows in scratch memory: a cache line, so that rows of 4096 bytes
/// are not all kept in the same few places of the first cache.
const GAP: usize = 64;

/// What decides how much scratch memory is needed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) recipe: Recipe,
    pub(crate) float: Float,
    /// The rows and the row length of the values.
    pub(crate) shape: [usize; 2],
    pub(crate) tiles: Option<Tiles>,
    /// The length of a band, or of a row of integers.
    pub(crate) q_row_len: usize,
    pub(crate) given: bool,
    pub(crate) sums: bool,
}

impl Needs {
    /// How many rows are quantized before the first is interleaved. Rows that share their
    /// parameters, or a sum, are quantized together.
    fn rows_at_once(self, tiles: Tiles) -> usize {
        let of_rows = self.recipe.sets_of_row(self.shape[1]).is_some();
        if of_rows || (self.given && !self.sums) { tiles.mr() } else { self.shape[0] }
    }

    /// The bytes of the rows that are interleaved from.
    fn of_rows(self, tiles: Tiles) -> Option<usize> {
        (self.q_row_len / tiles.mr()).checked_add(GAP)?.checked_mul(self.rows_at_once(tiles))
    }

    /// The bytes of scratch memory.
    pub(crate) fn scratch_size(self) -> Checked<usize> {
        let [rows, row_len] = self.shape;
        let bytes = || {
            let rows_at_once = self.tiles.map_or(rows, |tiles| self.rows_at_once(tiles));
            let of_columns = if self.recipe.is_per_column() {
                columns::scratch_size(self.float, rows_at_once, row_len)?
            } else {
                0
            };
            let of_rows = self.tiles.map_or(Some(0), |tiles| self.of_rows(tiles))?;
            of_rows.checked_add(of_columns).filter(|&bytes| isize::try_from(bytes).is_ok())
        };
        bytes().ok_or(Fault::new(ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_SCRATCH))
    }
}

/// Quantizes to tiles. The outputs of the job are bands.
///
/// # Safety
///
/// As for [`Job::run`].
pub(crate) unsafe fn quantize(job: Job, tiles: Tiles, needs: Needs, scratch: Memory) -> Checked {
    let (rows, bands, mr) = (job.x.rows(), job.to.q, tiles.mr());
    let (len, at_once) = (bands.row_len() / mr, needs.rows_at_once(tiles));
    let of_rows = needs.of_rows(tiles).unwrap_or(usize::MAX).min(scratch.len());
    let (buffer, rest) = (scratch.part(0, of_rows), scratch.part(of_rows, scratch.len()));
    let fill = job.zero_point_of_zeros()? as i8;
    // SAFETY: the caller vouches for the memory.
    unsafe { job.check_given() }?;
    let of_row = job.recipe.sets_of_row(job.x.row_len()).unwrap_or(0);
    if job.to.is_empty() {
        return Ok(());
    }
    let mut first = 0;
    loop {
        let count = at_once.min(rows - first);
        let q = Matrix::strided_within(buffer, [count, len, len + GAP])?;
        // SAFETY: the caller vouches for the memory. The scratch memory overlaps nothing.
        unsafe {
            let done = untiled::quantize(job.part(first, count, q), rest);
            done.map_err(|fault| fault.after(first * of_row, first * job.x.row_stride()))?;
            let to = bands.part(first / mr, count.div_ceil(mr));
            job.backend.interleave(tiles, q.get::<i8>()?, fill, to.get_mut()?)?;
        }
        first += count;
        if first >= rows {
            return Ok(());
        }
    }
}
