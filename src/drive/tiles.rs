//! Quantizes rows and interleaves them. A band of rows is quantized to a buffer that stays in the
//! cache, and moved from there.

use alloc::vec::Vec;

use super::failure::{Failure, sooner};
use super::parallel;
use super::sets::{Sets, quantize_sets, quantize_sets_with};
use crate::kernel::{Interleave, Traffic};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::simd::Value;
use crate::{Backend, Error, Result, Rows, RowsMut, Tiles};

/// What rows are quantized by: their sets, and the parameters of these if they are given.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub(crate) sets: Sets,
    pub(crate) recipe: Recipe<'a>,
    pub(crate) traffic: Traffic,
    pub(crate) given: Option<Params<'a>>,
}

impl<'a> By<'a> {
    /// The part of a band. It has the sets of its rows, or all.
    fn band(self, first_set: usize, rows: usize) -> Self {
        let Sets::Rows { row_len, group, .. } = self.sets else { return self };
        let sets = Sets::Rows { rows, row_len, group };
        let count = rows * row_len.div_ceil(group);
        Self { sets, given: self.given.map(|params| params.of_sets(first_set, count)), ..self }
    }
}

/// Quantizes rows to tiles, which fit them. Rows that share their parameters are all quantized before
/// the first is moved, unless the parameters are given.
pub(crate) fn quantize_tiles<T: Value>(
    backend: Backend,
    tiles: Tiles,
    x: Rows<'_, T>,
    by: By<'_>,
    to: &mut Outputs<'_>,
) -> Result<()> {
    let (rows, row_len, mr) = (x.rows(), x.row_len(), tiles.mr());
    let of_row = match by.sets {
        Sets::Rows { rows: of, group, .. } if of == rows => row_len.div_ceil(group.max(1)),
        _ => 0,
    };
    let shared = of_row == 0 && (by.given.is_none() || to.sets.wants_sums());
    if shared || x.len() == 0 {
        return quantize_bands(backend, tiles, x, by, to, &mut Vec::new());
    }
    let bands = x.chunks(mr).zip(to.reborrow().chunks(1, mr * of_row)).enumerate();
    let see = |(buffer, failed): &mut (Vec<i8>, Option<Failure>),
               (band, (x, mut to)): (usize, (Rows<'_, T>, Outputs<'_>))| {
        let by = if of_row == 0 { by } else { by.band(band * mr * of_row, x.rows()) };
        let done = quantize_bands(backend.with_threads(1), tiles, x, by, &mut to, buffer);
        *failed = sooner(*failed, done.err().map(|error| (band, error)));
    };
    let merge = |(buffer, one), (_, other)| (buffer, sooner(one, other));
    let new = || (Vec::new(), None);
    match parallel::fold(bands, x.len(), backend.threads(), new, see, merge).1 {
        None => Ok(()),
        Some((band, error)) => Err(error.after(band * mr * of_row, band * mr * x.row_stride())),
    }
}

/// Quantizes the rows of some bands to a buffer, and moves them.
fn quantize_bands<T: Value>(
    backend: Backend,
    tiles: Tiles,
    x: Rows<'_, T>,
    by: By<'_>,
    to: &mut Outputs<'_>,
    buffer: &mut Vec<i8>,
) -> Result<()> {
    let Outputs { q, sets } = to;
    let (count, len) = (x.rows(), q.row_len() / tiles.mr());
    let stride = len.saturating_add(GAP);
    let size = count.checked_mul(stride).ok_or(Error::SizeOverflow)?;
    if buffer.len() < size {
        buffer.try_reserve_exact(size - buffer.len()).map_err(|_| Error::SizeOverflow)?;
        buffer.resize(size, 0);
    }
    let buffer = &mut buffer[..size];
    let mut rows = RowsMut::gapless_of(buffer, count, stride);
    let outputs = &mut Outputs { q: rows.firsts(len), sets: sets.reborrow() };
    quantize_padded(backend, x, by, outputs)?;
    let rows = Rows::gapless_of(buffer, count, stride).firsts(len);
    let fill = zero_point_of_zeros::<T>(by.recipe) as i8;
    interleave_bands(backend, tiles, rows, by.traffic, fill, q);
    Ok(())
}

/// The number of bytes between the rows of the buffer: a cache line. Without it, rows of 4096 bytes
/// would be kept in the same few places of the first cache.
const GAP: usize = 64;

/// Quantizes rows to rows that may be longer, which are padded.
pub(crate) fn quantize_padded<T: Value>(
    backend: Backend,
    x: Rows<'_, T>,
    by: By<'_>,
    to: &mut Outputs<'_>,
) -> Result<()> {
    let By { sets, recipe, traffic, given } = by;
    let row_len = x.row_len();
    let outputs = &mut Outputs { q: to.q.firsts(row_len), sets: to.sets.reborrow() };
    match given {
        None => quantize_sets(backend, sets, x, recipe, traffic, outputs)?,
        Some(params) => quantize_sets_with(backend, sets, x, recipe, params, outputs),
    }
    if to.q.row_len() == row_len {
        return Ok(());
    }
    let of_zeros = zero_point_of_zeros::<T>(recipe);
    let zero_points = to.sets.zero_points.read();
    for row in 0..to.q.rows() {
        let set = sets.last_of_row(row, x.rows());
        let zero_point = set.and_then(|set| match given {
            None => zero_points.get(set),
            Some(params) => Some(params.of_set(set).1),
        });
        // The bits are those of the integers, whichever type these have.
        to.q.row_mut(row)[row_len..].fill(zero_point.unwrap_or(of_zeros) as i8);
    }
    Ok(())
}

/// The zero point that values which are all zero have.
fn zero_point_of_zeros<T: Value>(recipe: Recipe<'_>) -> i32 {
    recipe.choose::<T>(Limits::symmetric(0.0)).1
}

/// Interleaves rows of integers by their bits. The tiles fit them, and are filled up.
pub(crate) fn interleave(
    backend: Backend,
    tiles: Tiles,
    q: Rows<'_, i8>,
    fill: i8,
    to: &mut RowsMut<'_, i8>,
) {
    interleave_bands(backend, tiles, q, Traffic::of(&q), fill, to);
}

/// Interleaves rows of some bands.
fn interleave_bands(
    backend: Backend,
    tiles: Tiles,
    q: Rows<'_, i8>,
    traffic: Traffic,
    fill: i8,
    to: &mut RowsMut<'_, i8>,
) {
    let (mr, kr) = (tiles.mr(), tiles.kr());
    // There may be more rows of nothing than a loop ends for.
    if to.row_len() == 0 {
        return;
    }
    let has_kernel = kr == 4 && mr.is_multiple_of(4) || kr == 8 && mr.is_multiple_of(2);
    for band in 0..to.rows() {
        let rows = mr.min(q.rows() - band * mr);
        let (to, q) = (to.row_mut(band), q.part(band * mr, rows));
        if has_kernel && rows == mr && q.row_len() * mr == to.len() {
            backend.run(Interleave { q, kr, traffic, to });
            continue;
        }
        to.fill(fill);
        for row in 0..rows {
            let tiles = to.chunks_exact_mut(mr * kr);
            for (from, tile) in q.row(row).chunks(kr).zip(tiles) {
                tile[row * kr..][..from.len()].copy_from_slice(from);
            }
        }
    }
}

/// The way back from [`interleave`].
pub(crate) fn deinterleave(tiles: Tiles, from: Rows<'_, i8>, q: &mut RowsMut<'_, i8>) {
    let (mr, kr) = (tiles.mr(), tiles.kr());
    if q.row_len() == 0 {
        return;
    }
    for row in 0..q.rows() {
        let tiles = from.row(row / mr).chunks_exact(mr * kr);
        for (to, tile) in q.row_mut(row).chunks_mut(kr).zip(tiles) {
            to.copy_from_slice(&tile[row % mr * kr..][..to.len()]);
        }
    }
}
