//! Tiles of integers that are quantized already.

use core::ffi::c_void;

use absmax::Tiles;

use crate::backend::{AbsmaxBackend, backend};
use crate::codes::*;
use crate::fault::{Checked, same_length};
use crate::matrix::Matrix;
use crate::memory::{Memory, apart, put};
use crate::status::answer;
use crate::structs::AbsmaxError;

/// `absmax_tiles_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_tiles_size(
    tile_rows: usize,
    tile_columns: usize,
    rows: usize,
    row_len: usize,
    bands: *mut usize,
    band_len: *mut usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let measure = || -> Checked {
        let bands = Memory::of(bands, 1, ABSMAX_ARG_RESULT)?;
        let band_len = Memory::of(band_len, 1, ABSMAX_ARG_RESULT)?;
        let tiles = Tiles::new(tile_rows, tile_columns)?;
        let len = tiles.band_len(row_len)?;
        // SAFETY: the places are not null and aligned; they are the caller's to be written.
        unsafe {
            put(bands, tiles.bands(rows));
            put(band_len, len);
        }
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, measure) }
}

/// The rows and the bands of the same integers.
fn both(
    tiles: Tiles,
    q: *const c_void,
    shape: [usize; 3],
    interleaved: *const c_void,
    size: usize,
) -> Checked<(Matrix, Matrix)> {
    let q = Matrix::new(q, 1, shape, ABSMAX_ARG_Q)?;
    let (bands, band_len) = (tiles.bands(shape[0]), tiles.band_len(shape[1])?);
    let shape = [bands, band_len, band_len];
    let interleaved = Matrix::new(interleaved, 1, shape, ABSMAX_ARG_TILES)?;
    same_length(ABSMAX_ARG_TILES, interleaved.memory().len(), size)?;
    Ok((q, interleaved))
}

/// `absmax_interleave`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_interleave(
    backend: AbsmaxBackend,
    tile_rows: usize,
    tile_columns: usize,
    q: *const c_void,
    rows: usize,
    row_len: usize,
    row_stride: usize,
    fill: u8,
    interleaved: *mut c_void,
    interleaved_size: usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let interleave = || -> Checked {
        let backend = self::backend(backend)?;
        let tiles = Tiles::new(tile_rows, tile_columns)?;
        let shape = [rows, row_len, row_stride];
        let (q, to) = both(tiles, q, shape, interleaved.cast_const(), interleaved_size)?;
        apart(&[to.memory()], &[q.memory()])?;
        if q.memory().len() == 0 {
            // There may be any number of empty rows.
            return Ok(());
        }
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        unsafe { backend.interleave(tiles, q.get::<u8>()?, fill, to.get_mut()?)? };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, interleave) }
}

/// `absmax_deinterleave`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_deinterleave(
    backend: AbsmaxBackend,
    tile_rows: usize,
    tile_columns: usize,
    interleaved: *const c_void,
    interleaved_size: usize,
    q: *mut c_void,
    rows: usize,
    row_len: usize,
    row_stride: usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let deinterleave = || -> Checked {
        let backend = self::backend(backend)?;
        let tiles = Tiles::new(tile_rows, tile_columns)?;
        let shape = [rows, row_len, row_stride];
        let (q, from) = both(tiles, q.cast_const(), shape, interleaved, interleaved_size)?;
        apart(&[q.memory()], &[from.memory()])?;
        if q.memory().len() == 0 {
            // There may be any number of empty rows.
            return Ok(());
        }
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        unsafe { backend.deinterleave(tiles, from.get::<u8>()?, q.get_mut()?)? };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, deinterleave) }
}
