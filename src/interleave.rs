//! Interleaves rows of integers to tiles, and back.

use crate::drive::{deinterleave, interleave};
use crate::{Backend, Integer, Result, Rows, RowsMut, Tiles};

/// Integers that are quantized already. [`QuantizedMut::with_tiles`](crate::QuantizedMut::with_tiles)
/// interleaves them as they are quantized.
impl Backend {
    /// Interleaves rows of integers. Tiles are filled up with `fill`. `to` has a row for each band, and
    /// what lies between these rows is not written.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`](crate::Error::LengthMismatch) unless `to` has [`Tiles::bands`] rows of
    /// [`Tiles::band_len`] integers.
    ///
    /// ```
    /// use absmax::{Backend, Rows, RowsMut, Tiles};
    ///
    /// let (q, mut to) = ([1i8, 2, 3, 4, 5, 6], [0; 8]);
    /// let (from, bands) = (Rows::new(&q, 2, 3)?, RowsMut::new(&mut to, 1, 8)?);
    /// Backend::best().interleave(Tiles::new(2, 2)?, from, 0, bands)?;
    /// assert_eq!(to, [1, 2, 4, 5, 3, 0, 6, 0]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn interleave<Q: Integer>(
        self,
        tiles: Tiles,
        q: Rows<'_, Q>,
        fill: Q,
        to: RowsMut<'_, Q>,
    ) -> Result<()> {
        tiles.fit([q.rows(), q.row_len()], [to.rows(), to.row_len()], false)?;
        interleave(self, tiles, q.bits(), bytemuck::must_cast(fill), &mut to.bits());
        Ok(())
    }

    /// The rows of integers that were interleaved.
    ///
    /// # Errors
    ///
    /// [`Error::LengthMismatch`](crate::Error::LengthMismatch) unless `from` has [`Tiles::bands`] rows
    /// of [`Tiles::band_len`] integers.
    pub fn deinterleave<Q: Integer>(
        self,
        tiles: Tiles,
        from: Rows<'_, Q>,
        q: RowsMut<'_, Q>,
    ) -> Result<()> {
        tiles.fit([q.rows(), q.row_len()], [from.rows(), from.row_len()], false)?;
        deinterleave(tiles, from.bits(), &mut q.bits());
        Ok(())
    }
}
