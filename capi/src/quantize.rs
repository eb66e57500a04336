//! Quantizes matrices.

use core::ffi::c_void;

use absmax::Scheme;

use crate::backend::{AbsmaxBackend, backend};
use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::job::Job;
use crate::matrix::Matrix;
use crate::memory::{Memory, apart, put};
use crate::outputs::{Given, Targets, Work, tiles};
use crate::scheme::Recipe;
use crate::status::answer;
use crate::structs::{AbsmaxError, AbsmaxOutputs, AbsmaxParams, AbsmaxRows, AbsmaxScheme};
use crate::structs::{get, unused};
use crate::tiled::{self, Needs};
use crate::types::{Float, with_float};
use crate::untiled;

/// The matrix of values that a struct of C describes.
///
/// # Safety
///
/// As for [`get`].
pub(crate) unsafe fn values(from: *const AbsmaxRows) -> Checked<(Matrix, Float)> {
    // SAFETY: the caller vouches for the pointer.
    let from = unsafe { get(from) }?;
    unused(from.reserved, ABSMAX_ARG_X)?;
    let float = Float::new(from.type_, ABSMAX_ARG_X)?;
    let shape = [from.rows, from.row_len, from.row_stride];
    Ok((Matrix::new(from.data, float.size(), shape, ABSMAX_ARG_X)?, float))
}

/// A checked call: the job, and what is beside its outputs.
pub(crate) struct Call {
    pub(crate) job: Job,
    pub(crate) work: Work,
}

/// What C hands over to quantize a matrix. `params` is looked at if `given`.
#[derive(Clone, Copy)]
pub(crate) struct Arguments {
    pub(crate) handle: AbsmaxBackend,
    pub(crate) scheme: *const AbsmaxScheme,
    pub(crate) x: *const AbsmaxRows,
    pub(crate) params: *const AbsmaxParams,
    pub(crate) given: bool,
    pub(crate) out: *const AbsmaxOutputs,
}

impl Arguments {
    /// Checks all of it. Nothing has been written.
    ///
    /// # Safety
    ///
    /// The structs are the caller's as absmax.h says.
    pub(crate) unsafe fn check(self) -> Checked<Call> {
        let backend = backend(self.handle)?;
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            let recipe = Recipe::read(self.scheme)?;
            let (x, float) = values(self.x)?;
            let out = get(self.out)?;
            let shape = [x.rows(), x.row_len()];
            let sets = recipe.sets(x.rows(), x.row_len())?;
            let (to, work) = Targets::new(&out, recipe, shape, self.given)?;
            let given = if self.given {
                Some(Given::read(self.params, recipe, sets)?)
            } else {
                recipe.arithmetic.check(recipe.scheme)?;
                None
            };
            let [q, scales, zero_points, sums, scaled_sums] = to.memory();
            let outputs = [q, scales, zero_points, sums, scaled_sums, work.scratch];
            let [a, b] = given.map_or([Memory::NONE; 2], Given::memory);
            apart(&outputs, &[x.memory(), a, b])?;
            Ok(Call { job: Job { backend, recipe, x, float, given, to }, work })
        }
    }

    /// Checks all of it, and quantizes.
    ///
    /// # Safety
    ///
    /// As for [`Job::run`].
    unsafe fn quantize(self) -> Checked {
        // SAFETY: the caller vouches for the pointers and the memory.
        unsafe {
            let Call { job, work } = self.check()?;
            let needs = Needs {
                recipe: job.recipe,
                float: job.float,
                shape: [job.x.rows(), job.x.row_len()],
                tiles: work.tiles,
                q_row_len: job.to.q.row_len(),
                given: self.given,
                sums: job.to.wants_sums(),
            };
            let (needed, found) = (needs.scratch_size()?, work.scratch.len());
            if found < needed {
                let status = ABSMAX_ERROR_SCRATCH;
                return Err(Fault::unlike(status, ABSMAX_ARG_SCRATCH, needed, found));
            }
            match work.tiles {
                None => untiled::quantize(job, work.scratch),
                Some(tiles) => tiled::quantize(job, tiles, needs, work.scratch),
            }
        }
    }
}

/// `absmax_quantize_rows`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_rows(
    backend: AbsmaxBackend,
    scheme: *const AbsmaxScheme,
    x: *const AbsmaxRows,
    out: *const AbsmaxOutputs,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let params = core::ptr::null();
    let all = Arguments { handle: backend, scheme, x, params, given: false, out };
    // SAFETY: the caller vouches for the pointers and the memory.
    unsafe { answer(error, || all.quantize()) }
}

/// `absmax_quantize_rows_with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_rows_with(
    backend: AbsmaxBackend,
    scheme: *const AbsmaxScheme,
    x: *const AbsmaxRows,
    params: *const AbsmaxParams,
    out: *const AbsmaxOutputs,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let all = Arguments { handle: backend, scheme, x, params, given: true, out };
    // SAFETY: the caller vouches for the pointers and the memory.
    unsafe { answer(error, || all.quantize()) }
}

/// `absmax_scratch_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_scratch_size(
    scheme: *const AbsmaxScheme,
    x: *const AbsmaxRows,
    params: *const AbsmaxParams,
    out: *const AbsmaxOutputs,
    size: *mut usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let measure = || -> Checked {
        let place = Memory::of(size, 1, ABSMAX_ARG_RESULT)?;
        // SAFETY: the caller vouches for the pointers.
        let (recipe, x, out) = unsafe { (Recipe::read(scheme)?, get(x)?, get(out)?) };
        let needs = Needs {
            recipe,
            float: Float::new(x.type_, ABSMAX_ARG_X)?,
            shape: [x.rows, x.row_len],
            tiles: tiles(out.tile_rows, out.tile_columns)?,
            q_row_len: out.q_row_len,
            given: !params.is_null(),
            sums: !out.sums.is_null() || !out.scaled_sums.is_null(),
        };
        // SAFETY: the place is not null and aligned; it is the caller's to be written.
        unsafe { put(place, needs.scratch_size()?) };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, measure) }
}

/// `absmax_quantize_int8_rows`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_int8_rows(
    backend: AbsmaxBackend,
    type_: u32,
    x: *const c_void,
    rows: usize,
    row_len: usize,
    q: *mut i8,
    scales: *mut f32,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let quantize = || -> Checked {
        let backend = self::backend(backend)?;
        let float = Float::new(type_, ABSMAX_ARG_X)?;
        let shape = [rows, row_len, row_len];
        let x = Matrix::new(x, float.size(), shape, ABSMAX_ARG_X)?;
        let q = Matrix::new(q.cast_const().cast(), 1, shape, ABSMAX_ARG_Q)?;
        let scales = Memory::of(scales, rows, ABSMAX_ARG_SCALES)?;
        apart(&[q.memory(), scales], &[x.memory()])?;
        with_float!(float, T => {
            // SAFETY: the caller vouches for the memory.
            let (x, q, scales) =
                unsafe { (x.get::<T>()?, q.get_mut::<i8>()?, scales.slice_mut::<f32>()) };
            let out = absmax::QuantizedMut::new(q).with_scales(scales);
            backend.quantize_rows(Scheme::int8().per_channel(0), x, out)?;
        });
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, quantize) }
}
