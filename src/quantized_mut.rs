//! The outputs of quantizing.

use core::marker::PhantomData;

use crate::set_outputs::SetOutputs;
use crate::stored::{StoredScale, StoredZeroPoint};
use crate::{Integer, RowsMut, Tiles};

/// The buffers that quantizing writes to: the integers, and the parameters that are asked for
/// beside them.
///
/// The value is used up by a call, so every call is given a new one.
///
/// An operation says which of the outputs it needs. One whose parameters come from the data needs
/// the scales, and the zero points too if the scheme is affine. One whose parameters are given
/// needs the integers only.
///
/// ```
/// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
/// use half::f16;
///
/// // Two rows; scales are stored in binary16, zero points in the type of the integers.
/// let x = [-1.0, 254.0, 0.0, 127.5];
/// let (mut q, mut scales, mut zero_points) = ([0u8; 4], [f16::ZERO; 2], [0u8; 2]);
/// let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 2)?)
///     .with_scales(&mut scales)
///     .with_zero_points(&mut zero_points);
/// let scheme = Scheme::uint8().per_channel(0).with_scale_type(absmax::ScaleType::F16);
/// Backend::best().quantize_rows(scheme, Rows::new(&x, 2, 2)?, out)?;
/// assert_eq!((q, zero_points), ([0, 255, 0, 255], [1, 0]));
/// assert_eq!(scales.map(f16::to_f32), [1.0, 0.5]);
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Debug)]
pub struct QuantizedMut<'a, Q> {
    pub(crate) outputs: Outputs<'a>,
    /// Whether rows may be longer than those of the values.
    pub(crate) padded: bool,
    /// The tiles that the integers are interleaved to.
    pub(crate) tiles: Option<Tiles>,
    integer: PhantomData<fn(Q)>,
}

impl<'a, Q: Integer> QuantizedMut<'a, Q> {
    /// Outputs for the integers alone.
    #[inline]
    pub fn new(q: RowsMut<'a, Q>) -> Self {
        Self {
            outputs: Outputs { q: q.bits(), sets: SetOutputs::none() },
            padded: false,
            tiles: None,
            integer: PhantomData,
        }
    }

    /// Outputs for the scales too, one for each set, in the order of the sets in memory. Their type
    /// has to hold the scales of the scheme without loss: it is `f32`, or the scheme's
    /// [`ScaleType`](crate::ScaleType).
    #[must_use]
    #[inline]
    pub fn with_scales<S: StoredScale>(mut self, scales: &'a mut [S]) -> Self {
        self.outputs.sets.scales = S::written(scales);
        self
    }

    /// Allows the rows of integers to be longer than those of the values, as kernels need them whose
    /// rows are whole vectors. What is left of a row is filled with the zero point of the row's last
    /// value, so that it stands for 0. It belongs to no sum.
    ///
    /// ```
    /// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// let x = [0.0, 255.0, -255.0, 0.0];
    /// let (mut q, mut scales, mut zero_points) = ([9u8; 8], [0.0; 2], [0u8; 2]);
    /// let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 4)?)
    ///     .with_padding()
    ///     .with_scales(&mut scales)
    ///     .with_zero_points(&mut zero_points);
    /// Backend::best().quantize_rows(Scheme::uint8().per_channel(0), Rows::new(&x, 2, 2)?, out)?;
    /// assert_eq!(q, [0, 255, 0, 0, 0, 255, 255, 255]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub const fn with_padding(mut self) -> Self {
        self.padded = true;
        self
    }

    /// Interleaves the integers: the rows of `q` are bands, of which there are [`Tiles::bands`] with
    /// [`Tiles::band_len`] integers, or more of whole tiles [with padding](Self::with_padding). [`Tiles`]
    /// has an example.
    ///
    /// Each thread allocates memory for the integers of one band. Where parameters, or sums, are shared
    /// between bands and the parameters are not given, the caller's thread allocates memory for all
    /// integers.
    #[must_use]
    #[inline]
    pub const fn with_tiles(mut self, tiles: Tiles) -> Self {
        self.tiles = Some(tiles);
        self
    }

    /// Outputs for the sum of the integers of each set too, in the order of the scales. A product
    /// with another matrix of integers takes these sums for the zero points of that matrix:
    ///
    /// sum of q * (w - z) = (sum of q * w) - z * (sum of q).
    ///
    /// ```
    /// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// let x = [1.0, -2.0, 127.0, 5.0, 5.0, -10.0];
    /// let (mut q, mut scales, mut sums) = ([0i8; 6], [0.0; 2], [0; 2]);
    /// let out = QuantizedMut::new(RowsMut::new(&mut q, 2, 3)?)
    ///     .with_scales(&mut scales)
    ///     .with_sums(&mut sums);
    /// Backend::best().quantize_rows(Scheme::int8().per_channel(0), Rows::new(&x, 2, 3)?, out)?;
    /// assert_eq!(q, [1, -2, 127, 64, 64, -127]);
    /// assert_eq!(sums, [126, 1]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn with_sums(mut self, sums: &'a mut [i32]) -> Self {
        self.outputs.sets.sums = Some(sums);
        self
    }

    /// Outputs for the sum of the integers of each set times its scale too, rounded once.
    #[must_use]
    #[inline]
    pub fn with_scaled_sums(mut self, scaled_sums: &'a mut [f32]) -> Self {
        self.outputs.sets.scaled_sums = Some(scaled_sums);
        self
    }

    /// Outputs for the zero points too, of which there are as many as scales. Their type is `i32`,
    /// or the type of the integers.
    #[must_use]
    #[inline]
    pub fn with_zero_points<Z: StoredZeroPoint>(mut self, zero_points: &'a mut [Z]) -> Self {
        self.outputs.sets.zero_points = Z::written(zero_points);
        self
    }
}

/// The outputs as kernels write them: the bits of the integers, whichever type these have, and what
/// is written for each set.
#[derive(Debug)]
pub struct Outputs<'a> {
    pub(crate) q: RowsMut<'a, i8>,
    pub(crate) sets: SetOutputs<'a>,
}

impl<'a> Outputs<'a> {
    /// Borrows all outputs again, for a shorter lifetime.
    #[inline(always)]
    pub(crate) fn reborrow(&mut self) -> Outputs<'_> {
        Outputs { q: self.q.reborrow(), sets: self.sets.reborrow() }
    }

    /// The outputs of some rows, each of which is a set.
    #[inline(always)]
    pub(crate) fn part(&mut self, first: usize, rows: usize) -> Outputs<'_> {
        let sets = self.sets.part(first..first + rows);
        Outputs { q: self.q.part(first, rows), sets }
    }

    /// Cuts the outputs into pieces of `rows` rows, which are not empty, and of the `count`
    /// sets that these rows have.
    pub(crate) fn chunks(
        self,
        rows: usize,
        count: usize,
    ) -> impl ExactSizeIterator<Item = Self> + Send {
        let Self { q, mut sets } = self;
        q.chunks(rows).map(move |q| Self { q, sets: sets.take_first(count) })
    }
}
