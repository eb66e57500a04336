//! The order in which products of integers read a matrix.

use crate::error::same_length;
use crate::{Error, Result};

/// Tiles of `mr` rows by `kr` consecutive columns, in which an int8 product reads a matrix.
///
/// A band of `mr` rows is stored tile by tile, and each tile row by row:
///
/// ```text
/// rows r and s,      r0 r1 r2 r3 r4 r5 r6 r7
/// mr = 2, kr = 4     s0 s1 s2 s3 s4 s5 s6 s7
///
/// one band           r0 r1 r2 r3 s0 s1 s2 s3   r4 r5 r6 r7 s4 s5 s6 s7
/// ```
///
/// So the integer at row r and column k is at `band * stride + k / kr * mr * kr + r % mr * kr + k % kr`,
/// where `band` is r / mr. Instructions that add up products of four integers (VNNI, the dot product of
/// ARM) take kr = 4, and those of eight (i8mm) take kr = 8. It is the layout of the packed left operands
/// of KleidiAI and of the packed operands of XNNPACK, without what these store between the bands.
///
/// Tiles are filled up: columns with the zero point, and rows with the zero point that a row of zeros
/// has.
///
/// ```
/// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme, Tiles};
///
/// // Three rows of five values become two bands of two rows and eight columns.
/// let x: Vec<f32> = [[1.0, 2.0, 3.0, 4.0, 127.0], [5.0, 6.0, 7.0, 8.0, -127.0], [127.0; 5]].concat();
/// let tiles = Tiles::new(2, 4)?;
/// let (bands, band_len) = (tiles.bands(3), tiles.band_len(5)?);
/// let (mut q, mut scales) = (vec![9i8; bands * band_len], [0.0; 3]);
/// let out = QuantizedMut::new(RowsMut::new(&mut q, bands, band_len)?)
///     .with_tiles(tiles)
///     .with_scales(&mut scales);
/// Backend::best().quantize_rows(Scheme::int8().per_channel(0), Rows::new(&x, 3, 5)?, out)?;
/// assert_eq!(q[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
/// assert_eq!(q[8..16], [127, 0, 0, 0, -127, 0, 0, 0]);
/// assert_eq!(q[16..24], [127, 127, 127, 127, 0, 0, 0, 0]);
///
/// // The way back.
/// let mut rows = [0i8; 15];
/// let (from, to) = (Rows::new(&q, bands, band_len)?, RowsMut::new(&mut rows, 3, 5)?);
/// Backend::best().deinterleave(tiles, from, to)?;
/// assert_eq!(rows[..5], [1, 2, 3, 4, 127]);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tiles {
    mr: usize,
    kr: usize,
}

impl Tiles {
    /// Tiles of `mr` rows by `kr` columns.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidTiles`] if either number is 0, or if their product exceeds 2^16.
    pub fn new(mr: usize, kr: usize) -> Result<Self> {
        let fits = mr.checked_mul(kr).is_some_and(|size| (1..=1 << 16).contains(&size));
        if fits { Ok(Self { mr, kr }) } else { Err(Error::InvalidTiles { mr, kr }) }
    }

    /// The number of rows of a tile.
    pub const fn mr(self) -> usize {
        self.mr
    }

    /// The number of columns of a tile.
    pub const fn kr(self) -> usize {
        self.kr
    }

    /// The number of bands of so many rows.
    pub const fn bands(self, rows: usize) -> usize {
        rows.div_ceil(self.mr)
    }

    /// The number of integers of a band of rows of `row_len` integers.
    ///
    /// # Errors
    ///
    /// [`Error::SizeOverflow`] if it exceeds `usize`.
    pub fn band_len(self, row_len: usize) -> Result<usize> {
        let columns = row_len.checked_next_multiple_of(self.kr).ok_or(Error::SizeOverflow)?;
        columns.checked_mul(self.mr).ok_or(Error::SizeOverflow)
    }

    /// Checks that a matrix has the bands of another, and that these are as long, or longer by whole
    /// tiles if they are `padded`.
    pub(crate) fn fit(
        self,
        [rows, row_len]: [usize; 2],
        [bands, band_len]: [usize; 2],
        padded: bool,
    ) -> Result<()> {
        same_length("bands of tiles", self.bands(rows), bands)?;
        let expected = self.band_len(row_len)?;
        if padded && band_len > expected && band_len.is_multiple_of(self.mr * self.kr) {
            return Ok(());
        }
        same_length("a band of tiles", expected, band_len)
    }
}
