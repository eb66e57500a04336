//! What quantizing writes.

use crate::stored::{ParamsMut, StoredScale, StoredZeroPoint};
use crate::{Integer, RowsMut};

/// Where quantizing writes to: the integers, and what is asked for beside them.
///
/// An operation says which of the outputs it needs. One whose parameters come from the data needs the
/// scales, and the zero points too if the scheme is affine. One whose parameters are given needs the
/// integers only.
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
    pub(crate) q: RowsMut<'a, Q>,
    pub(crate) params: ParamsMut<'a>,
}

impl<'a, Q: Integer> QuantizedMut<'a, Q> {
    /// The integers alone.
    pub fn new(q: RowsMut<'a, Q>) -> Self {
        Self { q, params: ParamsMut::none() }
    }

    /// The scales too, one for each set, in the order of the sets in memory. Their type holds the
    /// scales of the scheme without loss: `f32`, or the scheme's [`ScaleType`](crate::ScaleType).
    #[must_use]
    pub fn with_scales<S: StoredScale>(mut self, scales: &'a mut [S]) -> Self {
        self.params.scales = S::written(scales);
        self
    }

    /// The zero points too, as many as scales: `i32`, or the type of the integers.
    #[must_use]
    pub fn with_zero_points<Z: StoredZeroPoint>(mut self, zero_points: &'a mut [Z]) -> Self {
        self.params.zero_points = Z::written(zero_points);
        self
    }

    /// The same places for the bits of the integers.
    #[inline(always)]
    pub(crate) fn bits(self) -> QuantizedMut<'a, i8> {
        QuantizedMut { q: self.q.bits(), params: self.params }
    }
}

impl<'a> QuantizedMut<'a, i8> {
    /// All of it, for a while.
    #[inline(always)]
    pub(crate) const fn reborrow(&mut self) -> QuantizedMut<'_, i8> {
        QuantizedMut { q: self.q.reborrow(), params: self.params.reborrow() }
    }

    /// Some rows, each of which is a set.
    #[inline(always)]
    pub(crate) fn part(&mut self, first: usize, rows: usize) -> QuantizedMut<'_, i8> {
        let params = self.params.part(first..first + rows);
        QuantizedMut { q: self.q.part(first, rows), params }
    }

    /// So many of the rows at a time, which are not empty, and as many sets as these have.
    pub(crate) fn chunks(
        self,
        rows: usize,
        sets: usize,
    ) -> impl ExactSizeIterator<Item = Self> + Send {
        let Self { q, mut params } = self;
        q.chunks(rows).map(move |q| Self { q, params: params.take_first(sets) })
    }
}
