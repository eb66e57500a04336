//! What subjects make of rows that are interleaved.

use absmax::{QuantizedMut, Result, Rows, RowsMut, Scheme, Tiles};

use super::{Subject, rows_by};
use crate::control;
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input};

impl Subject {
    /// Quantizes the rows of a matrix without gaps to tiles, by its own or by given parameters.
    pub(crate) fn tiles<T: Input, Q: Byte>(
        self,
        x: &[T],
        (shape, scheme): ([usize; 2], Scheme),
        (tiles, columns): (Tiles, usize),
        given: Option<&Quantized<Q>>,
        (q, scales, zero_points): (&mut [Q], &mut [f32], &mut [i32]),
    ) -> Result<()> {
        let [rows, row_len] = shape;
        let Self::Backend(backend, _) = self else {
            let mut integers = vec![Q::UNTOUCHED; x.len()];
            match given {
                Some(of) => {
                    integers = control::quantize_tensor_with(x, &shape, scheme, of);
                }
                None => {
                    let q = &mut integers;
                    control::quantize_tensor(x, &shape, scheme, q, scales, zero_points)?;
                }
            }
            // The values are wrong, and what is left of tiles is right.
            let of =
                given.cloned().map_or_else(|| expected::quantize_tensor(x, &shape, scheme), Ok)?;
            let of = Quantized { q: integers, ..of };
            q.copy_from_slice(&expected::tiles(&of, shape, scheme, tiles, columns));
            return Ok(());
        };
        let out = QuantizedMut::new(RowsMut::new(q, tiles.bands(rows), tiles.mr() * columns)?);
        let (x, out) = (Rows::new(x, rows, row_len)?, out.with_tiles(tiles).with_padding());
        rows_by(backend, (scheme, given), x, out, (scales, zero_points))
    }
}
