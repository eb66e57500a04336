//! Converts zero points to and from the form that they are stored in.

use absmax::{Backend, Packing, Result};

/// The bytes of zero points [rows, columns]: an int8 each, or packed along the first axis, which
/// puts the zero points of neighbouring rows in one word.
pub(crate) fn stored_zero_points(
    zero_points: &[i32],
    columns: usize,
    packing: Option<Packing>,
) -> Result<Vec<u8>> {
    let bytes: Vec<i8> = zero_points.iter().map(|&zero_point| zero_point as i8).collect();
    let Some(packing) = packing else {
        return Ok(bytes.into_iter().map(i8::cast_unsigned).collect());
    };
    let rows = bytes.len() / columns;
    let transposed: Vec<i8> =
        (0..bytes.len()).map(|i| bytes[i % rows * columns + i / rows]).collect();
    let mut packed = vec![0; packing.len(columns, rows)?];
    Backend::best().pack_into(&transposed, rows, packing, &mut packed)?;
    // The words of one column stand side by side. The words of one row are to do so.
    let words: Vec<&[u8; 4]> = packed.as_chunks().0.iter().collect();
    let height = words.len() / columns;
    Ok((0..words.len()).flat_map(|i| *words[i % columns * height + i / columns]).collect())
}

/// Zero points [rows, columns] of what [`stored_zero_points`] made bytes of.
pub(crate) fn unpacked_zero_points(
    bytes: &[u8],
    [rows, columns]: [usize; 2],
    packing: Option<Packing>,
) -> Result<Vec<i32>> {
    let Some(packing) = packing else {
        return Ok(bytes.iter().map(|&byte| byte.cast_signed().into()).collect());
    };
    let words: Vec<&[u8; 4]> = bytes.as_chunks().0.iter().collect();
    let height = words.len() / columns;
    let packed: Vec<u8> =
        (0..words.len()).flat_map(|i| *words[i % height * columns + i / height]).collect();
    let mut transposed = vec![0i8; rows * columns];
    Backend::best().unpack_into(&packed, rows, packing, &mut transposed)?;
    Ok((0..transposed.len()).map(|i| transposed[i % columns * rows + i / columns].into()).collect())
}
