//! The expected tiles.

use absmax::{Scheme, Tiles, reference};

use super::{Quantized, sets};
use crate::inputs::Byte;

/// The integers of a matrix where tiles have them, with so many columns in all. What is left of a row
/// has the zero point of its last value, and what is left of a band that of zeros.
pub fn tiles<Q: Byte>(
    of: &Quantized<Q>,
    [rows, row_len]: [usize; 2],
    scheme: Scheme,
    tiles: Tiles,
    columns: usize,
) -> Vec<Q> {
    let [mr, kr] = [tiles.mr(), tiles.kr()];
    let sets = sets(&[rows, row_len], scheme);
    let of_zeros = reference::choose(0.0, 0.0, scheme).1;
    let mut all = Vec::new();
    for band in 0..rows.div_ceil(mr) {
        for i in 0..mr * columns {
            let row = band * mr + i / kr % mr;
            let column = i / (mr * kr) * kr + i % kr;
            all.push(if row >= rows || row_len == 0 {
                Q::from_i32(of_zeros)
            } else if column < row_len {
                of.q[row * row_len + column]
            } else {
                let last = sets[row * row_len + row_len - 1];
                Q::from_i32(of.params[last].zero_point())
            });
        }
    }
    all
}
