//! Dequantizes matrices.

use crate::backend::{AbsmaxBackend, backend};
use crate::codes::*;
use crate::columns;
use crate::fault::{Checked, Fault, same_length};
use crate::matrix::Matrix;
use crate::memory::apart;
use crate::outputs::Given;
use crate::scheme::Recipe;
use crate::status::answer;
use crate::structs::{AbsmaxError, AbsmaxParams, AbsmaxRows, AbsmaxRowsMut, AbsmaxScheme};
use crate::structs::{get, read, unused};
use crate::types::{Float, Int, with_byte, with_float};

/// `absmax_dequantize_rows`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_dequantize_rows(
    backend: AbsmaxBackend,
    scheme: *const AbsmaxScheme,
    q: *const AbsmaxRows,
    params: *const AbsmaxParams,
    y: *const AbsmaxRowsMut,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let dequantize = || -> Checked {
        let backend = self::backend(backend)?;
        // SAFETY: the caller vouches for the pointers.
        let (recipe, q, y) = unsafe { (Recipe::read(scheme)?, read(q, ABSMAX_ARG_Q)?, get(y)?) };
        unused(q.reserved, ABSMAX_ARG_Q)?;
        unused(y.reserved, ABSMAX_ARG_Y)?;
        let unsigned = Int::byte(q.type_, ABSMAX_ARG_Q)?;
        if unsigned != recipe.scheme.is_unsigned() {
            let misfit = Fault::new(ABSMAX_ERROR_TYPE, ABSMAX_ARG_Q);
            return Err(Fault { found: q.type_.into(), ..misfit });
        }
        let float = Float::new(y.type_, ABSMAX_ARG_Y)?;
        let q = Matrix::new(q.data, 1, [q.rows, q.row_len, q.row_stride], ABSMAX_ARG_Q)?;
        let shape = [y.rows, y.row_len, y.row_stride];
        let y = Matrix::new(y.data, float.size(), shape, ABSMAX_ARG_Y)?;
        same_length(ABSMAX_ARG_Y, q.rows(), y.rows())?;
        same_length(ABSMAX_ARG_Y, q.row_len(), y.row_len())?;
        let sets = recipe.sets(q.rows(), q.row_len())?;
        // SAFETY: as above.
        let given = unsafe { Given::read(params, recipe, sets) }?;
        let [a, b] = given.memory();
        apart(&[y.memory()], &[q.memory(), a, b])?;
        with_float!(float, T => with_byte!(unsigned, Q => {
            // SAFETY: the caller vouches for the memory, and the types are those of the codes.
            unsafe {
                if recipe.is_per_column() {
                    check::<Q, T>(backend, recipe, given)?;
                    columns::dequantize::<Q, T>(backend, recipe, q, given, y)?;
                } else {
                    let (q, y) = (q.get::<Q>()?, y.get_mut::<T>()?);
                    backend.dequantize_rows(recipe.scheme, q, given.params(), y)?;
                }
            }
        }));
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, dequantize) }
}

/// Checks all parameters before a part is dequantized: it dequantizes as many rows of no values.
///
/// # Safety
///
/// The memory of the parameters is the caller's as absmax.h says.
unsafe fn check<Q: absmax::Integer, T: absmax::Element>(
    backend: absmax::Backend,
    recipe: Recipe,
    given: Given,
) -> Checked {
    // SAFETY: the caller vouches for the memory.
    let (sets, params) = (given.sets(), unsafe { given.params() });
    let q = absmax::Rows::<Q>::new(&[], sets, 0)?;
    let y = absmax::RowsMut::<T>::new(&mut [], sets, 0)?;
    Ok(backend.dequantize_rows(recipe.scheme.per_channel(0), q, params, y)?)
}
