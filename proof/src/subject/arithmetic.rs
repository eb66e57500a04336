//! What subjects compute by other programs' arithmetic.

use absmax::{Arithmetic, QuantizedMut, Result, Rows, RowsMut, Scheme};

use super::Subject;
use crate::control;
use crate::inputs::{Blocks, Byte, Input};

impl Subject {
    /// Quantizes the rows of a matrix without gaps by an arithmetic.
    pub(crate) fn quantize_rows_by<T: Input, Q: Byte>(
        self,
        x: &[T],
        [rows, row_len]: [usize; 2],
        scheme: Scheme,
        arithmetic: Arithmetic,
        (q, scales, zero_points): (&mut [Q], &mut [f32], &mut [i32]),
    ) -> Result<()> {
        let Self::Backend(backend, _) = self else {
            let to = (q, scales, zero_points);
            return control::quantize_rows_by(x, [rows, row_len], scheme, to);
        };
        let out = QuantizedMut::new(RowsMut::new(q, rows, row_len)?)
            .with_scales(scales)
            .with_zero_points(zero_points);
        backend.by(arithmetic).quantize_rows(scheme, Rows::new(x, rows, row_len)?, out)
    }

    /// Quantizes values to blocks, as one row.
    pub(crate) fn blocks<T: Input>(
        self,
        x: &[T],
        blocks: Blocks,
        arithmetic: Arithmetic,
        bytes: &mut [u8],
    ) -> Result<()> {
        let Self::Backend(backend, _) = self else {
            return control::blocks(x, blocks, bytes);
        };
        let (by, x) = (backend.by(arithmetic), Rows::new(x, 1, x.len())?);
        match blocks {
            Blocks::Q8_0 => by.quantize_q8_0(x, row(bytes)?),
            Blocks::Q8_1 => by.quantize_q8_1(x, row(bytes)?),
            Blocks::Q8K => by.quantize_q8_k(x, row(bytes)?),
        }
    }
}

/// Bytes as a row of blocks.
fn row<const SIZE: usize>(bytes: &mut [u8]) -> Result<RowsMut<'_, [u8; SIZE]>> {
    let blocks = bytes.as_chunks_mut().0;
    let count = blocks.len();
    RowsMut::new(blocks, 1, count)
}
