//! Rows of a matrix, between which there may be gaps.

use crate::{Error, Result};

/// A borrowed matrix: `rows` rows of `row_len` consecutive values, the first values of neighbouring
/// rows `row_stride` elements apart.
///
/// What lies between the end of a row and the start of the next is never read.
///
/// ```
/// use absmax::Rows;
///
/// // The middle third of a fused projection: two rows of three values, nine apart.
/// let fused: Vec<f32> = (0..18).map(|i| i as f32).collect();
/// let keys = Rows::strided(&fused[3..], 2, 3, 9)?;
/// assert_eq!(keys.get(1), Some(&[12.0, 13.0, 14.0][..]));
/// assert_eq!(keys.get(2), None);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Debug)]
pub struct Rows<'a, T> {
    data: &'a [T],
    rows: usize,
    row_len: usize,
    row_stride: usize,
}

// `Clone` is not derived, because that would demand it of `T`.
impl<T> Clone for Rows<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Rows<'_, T> {}

impl<'a, T> Rows<'a, T> {
    /// Rows that follow one another without a gap.
    ///
    /// # Errors
    ///
    /// [`Error::SizeOverflow`] if `rows * row_len` exceeds `usize`, [`Error::ShapeMismatch`] if it
    /// is not the length of `data`.
    pub fn new(data: &'a [T], rows: usize, row_len: usize) -> Result<Self> {
        exactly(rows, row_len, data.len())?;
        Ok(Self { data, rows, row_len, row_stride: row_len })
    }

    /// Rows whose first values are `row_stride` elements apart. `data` begins with the first row,
    /// and may go on after the last.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidRowStride`] if `row_stride` is less than `row_len`, [`Error::SizeOverflow`]
    /// if the rows would reach beyond `usize`, [`Error::LengthMismatch`] if they reach beyond
    /// `data`.
    pub fn strided(data: &'a [T], rows: usize, row_len: usize, row_stride: usize) -> Result<Self> {
        let data = &data[..reach(rows, row_len, row_stride, data.len())?];
        Ok(Self { data, rows, row_len, row_stride: distance(rows, row_len, row_stride) })
    }

    /// The number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The number of values of a row.
    pub const fn row_len(&self) -> usize {
        self.row_len
    }

    /// The distance in elements from the first value of a row to that of the next. It is
    /// [`Rows::row_len`] if there is no next row, or if rows are empty.
    pub const fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// The values of the row of this index, if there is one.
    pub fn get(&self, row: usize) -> Option<&'a [T]> {
        (row < self.rows).then(|| self.row(row))
    }

    /// The values of the row of this index, which has to exist.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &'a [T] {
        &self.data[row * self.row_stride..][..self.row_len]
    }

    /// The bits of the values as values of another type.
    pub(crate) fn bits<U>(self) -> Rows<'a, U>
    where
        T: bytemuck::Pod,
        U: bytemuck::Pod,
    {
        let Self { data, rows, row_len, row_stride } = self;
        Rows { data: bytemuck::must_cast_slice(data), rows, row_len, row_stride }
    }

    /// All of `data` as `rows` rows of `row_len` values.
    #[inline(always)]
    pub(crate) const fn gapless_of(data: &'a [T], rows: usize, row_len: usize) -> Self {
        Self { data, rows, row_len, row_stride: row_len }
    }

    /// The first `row_len` values of each row, of which there are as many or more.
    pub(crate) fn firsts(self, row_len: usize) -> Self {
        let Self { data, rows, row_stride, .. } = self;
        let row_stride = distance(rows, row_len, row_stride);
        Self { data: &data[span(0, rows, row_len, row_stride)], rows, row_len, row_stride }
    }

    /// All of `data` as one row.
    #[inline(always)]
    pub(crate) const fn one(data: &'a [T]) -> Self {
        Self::gapless_of(data, 1, data.len())
    }

    /// All of `data` as rows of `row_len` values, which is not 0.
    #[inline(always)]
    pub(crate) const fn of_len(data: &'a [T], row_len: usize) -> Self {
        Self::gapless_of(data, data.len() / row_len, row_len)
    }

    /// Cuts the values into other rows. There are no gaps between the rows.
    #[inline(always)]
    pub(crate) const fn cut(&mut self, rows: usize, row_len: usize) {
        (self.rows, self.row_len, self.row_stride) = (rows, row_len, row_len);
    }

    /// The number of values. It does not overflow, because a slice holds them.
    #[inline(always)]
    pub(crate) const fn len(&self) -> usize {
        self.rows * self.row_len
    }

    /// All values as one slice, unless there are gaps between the rows.
    #[inline(always)]
    pub(crate) const fn gapless(&self) -> Option<&'a [T]> {
        if self.row_stride == self.row_len { Some(self.data) } else { None }
    }

    /// The `rows` rows from `first` on.
    #[inline(always)]
    pub(crate) fn part(self, first: usize, rows: usize) -> Self {
        let data = &self.data[span(first, rows, self.row_len, self.row_stride)];
        Self { data, rows, ..self }
    }

    /// Cuts the matrix into pieces of `rows` rows, which are not empty.
    pub(crate) fn chunks(
        self,
        rows: usize,
    ) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        let Self { data, row_len, row_stride, .. } = self;
        data.chunks(rows.saturating_mul(row_stride)).map(move |data| Self {
            data,
            rows: data.len().div_ceil(row_stride),
            row_len,
            row_stride,
        })
    }

    /// Slices that together hold all values. Slices of `piece` values go on over the ends of rows,
    /// between which there are no gaps. Without a `piece`, each row is a slice.
    pub(crate) fn slices(
        self,
        piece: Option<usize>,
    ) -> impl DoubleEndedIterator<Item = &'a [T]> + ExactSizeIterator {
        let (step, len) = piece.map_or((self.row_stride, self.row_len), |piece| (piece, piece));
        self.data.chunks(step).map(move |slice| &slice[..len.min(slice.len())])
    }
}

/// A matrix that is written, laid out like [`Rows`]. What lies between the rows stays as it is.
///
/// ```
/// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
///
/// let x = [1.0, -2.0, 4.0, 3.0];
/// let (mut padded, mut scales) = ([99i8; 7], [0.0; 2]);
/// let q = RowsMut::strided(&mut padded, 2, 2, 5)?;
/// let out = QuantizedMut::new(q).with_scales(&mut scales);
/// Backend::best().quantize_rows(Scheme::int8().per_channel(0), Rows::new(&x, 2, 2)?, out)?;
/// assert_eq!(padded, [64, -127, 99, 99, 99, 127, 95]);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Debug)]
pub struct RowsMut<'a, T> {
    data: &'a mut [T],
    rows: usize,
    row_len: usize,
    row_stride: usize,
}

impl<'a, T> RowsMut<'a, T> {
    /// Rows that follow one another without a gap.
    ///
    /// # Errors
    ///
    /// Fails as [`Rows::new`] does.
    pub fn new(data: &'a mut [T], rows: usize, row_len: usize) -> Result<Self> {
        exactly(rows, row_len, data.len())?;
        Ok(Self { data, rows, row_len, row_stride: row_len })
    }

    /// Rows whose first values are `row_stride` elements apart.
    ///
    /// # Errors
    ///
    /// Fails as [`Rows::strided`] does.
    pub fn strided(
        data: &'a mut [T],
        rows: usize,
        row_len: usize,
        row_stride: usize,
    ) -> Result<Self> {
        let reach = reach(rows, row_len, row_stride, data.len())?;
        let data = &mut data[..reach];
        Ok(Self { data, rows, row_len, row_stride: distance(rows, row_len, row_stride) })
    }

    /// The number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The number of values of a row.
    pub const fn row_len(&self) -> usize {
        self.row_len
    }

    /// The distance in elements from the first value of a row to that of the next. It is
    /// [`RowsMut::row_len`] if there is no next row, or if rows are empty.
    pub const fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// The values of the row of this index, if there is one.
    pub fn get_mut(&mut self, row: usize) -> Option<&mut [T]> {
        if row < self.rows { Some(self.row_mut(row)) } else { None }
    }

    /// The values of the row of this index, which has to exist.
    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [T] {
        &mut self.data[row * self.row_stride..][..self.row_len]
    }

    /// All of `data` as `rows` rows of `row_len` values.
    #[inline(always)]
    pub(crate) const fn gapless_of(data: &'a mut [T], rows: usize, row_len: usize) -> Self {
        Self { data, rows, row_len, row_stride: row_len }
    }

    /// All of `data` as one row.
    #[inline(always)]
    pub(crate) const fn one(data: &'a mut [T]) -> Self {
        let len = data.len();
        Self::gapless_of(data, 1, len)
    }

    /// All of `data` as rows of `row_len` values, which is not 0.
    #[inline(always)]
    pub(crate) const fn of_len(data: &'a mut [T], row_len: usize) -> Self {
        let rows = data.len() / row_len;
        Self::gapless_of(data, rows, row_len)
    }

    /// The bits of the values as values of another type.
    pub(crate) fn bits<U>(self) -> RowsMut<'a, U>
    where
        T: bytemuck::Pod,
        U: bytemuck::Pod,
    {
        let Self { data, rows, row_len, row_stride } = self;
        RowsMut { data: bytemuck::must_cast_slice_mut(data), rows, row_len, row_stride }
    }

    /// Borrows the rows again, for a shorter lifetime.
    #[inline(always)]
    pub(crate) const fn reborrow(&mut self) -> RowsMut<'_, T> {
        let Self { data, rows, row_len, row_stride } = self;
        RowsMut { data, rows: *rows, row_len: *row_len, row_stride: *row_stride }
    }

    /// The first `row_len` values of each row, of which there are as many or more.
    pub(crate) fn firsts(&mut self, row_len: usize) -> RowsMut<'_, T> {
        let rows = self.rows;
        let row_stride = distance(rows, row_len, self.row_stride);
        let data = &mut self.data[span(0, rows, row_len, row_stride)];
        RowsMut { data, rows, row_len, row_stride }
    }

    /// The number of values. It does not overflow, because a slice holds them.
    #[inline(always)]
    pub(crate) const fn len(&self) -> usize {
        self.rows * self.row_len
    }

    /// Slices that are cut as [`Rows::slices`] cuts them.
    pub(crate) fn slices(
        self,
        piece: Option<usize>,
    ) -> impl DoubleEndedIterator<Item = &'a mut [T]> + ExactSizeIterator {
        let (step, len) = piece.map_or((self.row_stride, self.row_len), |piece| (piece, piece));
        self.data.chunks_mut(step).map(move |slice| {
            let len = len.min(slice.len());
            &mut slice[..len]
        })
    }

    /// Cuts the values into other rows. There are no gaps between the rows.
    #[inline(always)]
    pub(crate) const fn cut(&mut self, rows: usize, row_len: usize) {
        (self.rows, self.row_len, self.row_stride) = (rows, row_len, row_len);
    }

    /// Whether there are no gaps between the rows.
    #[inline(always)]
    pub(crate) const fn is_gapless(&self) -> bool {
        self.row_stride == self.row_len
    }

    /// All values as one slice. If there are gaps between the rows, the slice holds them too.
    #[inline(always)]
    pub(crate) const fn into_slice(self) -> &'a mut [T] {
        self.data
    }

    /// The `rows` rows from `first` on.
    #[inline(always)]
    pub(crate) fn part(&mut self, first: usize, rows: usize) -> RowsMut<'_, T> {
        let Self { row_len, row_stride, .. } = *self;
        let data = &mut self.data[span(first, rows, row_len, row_stride)];
        RowsMut { data, rows, row_len, row_stride }
    }

    /// Cuts the matrix into pieces of `rows` rows, which are not empty.
    pub(crate) fn chunks(
        self,
        rows: usize,
    ) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        let Self { data, row_len, row_stride, .. } = self;
        data.chunks_mut(rows.saturating_mul(row_stride)).map(move |data| {
            let rows = data.len().div_ceil(row_stride);
            Self { data, rows, row_len, row_stride }
        })
    }
}

/// Checks that the rows have exactly `found` values.
fn exactly(rows: usize, row_len: usize, found: usize) -> Result<()> {
    let expected = rows.checked_mul(row_len).ok_or(Error::SizeOverflow)?;
    if expected == found { Ok(()) } else { Err(Error::ShapeMismatch { expected, found }) }
}

/// The number of elements up to the end of the last row, of which there are at most `found`.
fn reach(rows: usize, row_len: usize, row_stride: usize, found: usize) -> Result<usize> {
    if row_stride < row_len {
        return Err(Error::InvalidRowStride { row_len, row_stride });
    }
    let reach = match rows.checked_sub(1) {
        Some(gaps) if row_len > 0 => {
            gaps.checked_mul(row_stride).and_then(|start| start.checked_add(row_len))
        }
        _ => Some(0),
    };
    match reach.ok_or(Error::SizeOverflow)? {
        expected if expected > found => {
            Err(Error::LengthMismatch { what: "data of strided rows", expected, found })
        }
        reach => Ok(reach),
    }
}

/// The stride as it is kept. If no row follows another, or if rows are empty, there is no gap.
const fn distance(rows: usize, row_len: usize, row_stride: usize) -> usize {
    if rows <= 1 || row_len == 0 { row_len } else { row_stride }
}

/// The range of elements from the start of the first of some rows to the end of the last.
#[inline(always)]
const fn span(
    first: usize,
    rows: usize,
    row_len: usize,
    row_stride: usize,
) -> core::ops::Range<usize> {
    let start = first * row_stride;
    let end = if rows == 0 { start } else { start + (rows - 1) * row_stride + row_len };
    start..end
}
