//! The expected results by other programs' arithmetic.

use absmax::{Arithmetic, Error, Result, Scheme, reference};

use super::Quantized;
use super::tensor::{is_symmetric, sets};
use crate::inputs::{Blocks, Byte, Input};

/// Quantizes the rows of a matrix without gaps, by an arithmetic and a scheme whose sets are rows or
/// groups.
///
/// # Errors
///
/// The error of the first set that has one.
pub fn quantize_rows_by<T: Input, Q: Byte>(
    x: &[T],
    shape: [usize; 2],
    scheme: Scheme,
    arithmetic: Arithmetic,
) -> Result<Quantized<Q>> {
    let mut all = Quantized::default();
    let sets = sets(&shape, scheme);
    for (set, members) in sets.chunk_by(|a, b| a == b).enumerate() {
        let first = all.q.len();
        let x = &x[first..first + members.len()];
        let mut q = vec![Q::UNTOUCHED; x.len()];
        let answer = reference::quantize_group(x, scheme, arithmetic, &mut q);
        let (scale, zero_point) = answer.map_err(|error| in_set(error, set, first))?;
        all.scales.push(scale);
        if !is_symmetric(scheme) {
            all.zero_points.push(zero_point);
        }
        all.q.extend(q);
    }
    Ok(all)
}

/// Quantizes values to blocks of ggml.
///
/// # Errors
///
/// The error of the first block that has one.
pub fn blocks<T: Input>(x: &[T], blocks: Blocks, arithmetic: Arithmetic) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for (block, x) in x.chunks(blocks.values()).enumerate() {
        let answer = match blocks {
            Blocks::Q8_0 => reference::q8_0(whole(x)?, arithmetic).map(Vec::from),
            Blocks::Q8_1 => reference::q8_1(whole(x)?, arithmetic).map(Vec::from),
            Blocks::Q8K => reference::q8_k(whole(x)?, arithmetic).map(Vec::from),
        };
        bytes.extend(answer.map_err(|error| in_set(error, block, block * x.len()))?);
    }
    Ok(bytes)
}

/// The values of a block, all of which are there.
fn whole<T, const N: usize>(x: &[T]) -> Result<&[T; N]> {
    x.first_chunk().ok_or(Error::PartialBlock { row_len: x.len(), block: N })
}

/// An error about the values of one set as one about the matrix, in which they start at `first`.
fn in_set(error: Error, set: usize, first: usize) -> Error {
    match error {
        Error::NotFinite { index, value } => Error::NotFinite { index: first + index, value },
        Error::ScaleUnderflow { scale, .. } => Error::ScaleUnderflow { set, scale },
        Error::ScaleOverflow { min, max, scale_type, .. } => {
            Error::ScaleOverflow { set, min, max, scale_type }
        }
        error => error,
    }
}
