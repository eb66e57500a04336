//! Quantized values with their parameters, as kernels read and write them. A set is the values that
//! share a scale and a zero point.

use core::ops::Range;

use crate::Integer;
use crate::simd::Simd;

/// Quantized values to be read.
#[derive(Clone, Copy)]
pub struct Quantized<'a> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether they are those of [`u8`].
    pub(crate) unsigned: bool,
    /// One for each set.
    pub(crate) scales: &'a [f32],
    /// As many as scales; none if all are 0.
    pub(crate) zero_points: &'a [i32],
}

impl<'a> Quantized<'a> {
    /// The zero point of a set.
    #[inline(always)]
    pub(crate) fn zero_point(&self, set: usize) -> i32 {
        self.zero_points.get(set).copied().unwrap_or(0)
    }

    /// Other integers with the same parameters.
    #[inline(always)]
    pub(crate) fn with_integers(self, q: &'a [i8]) -> Self {
        Self { q, ..self }
    }

    /// Pieces of so many values, and as many sets as these have.
    pub(crate) fn chunks(
        self,
        values: usize,
        sets: usize,
    ) -> impl ExactSizeIterator<Item = Self> + Send {
        let Self { q, unsigned, scales, zero_points } = self;
        let mut zero_points = zero_points.chunks(sets);
        q.chunks(values).zip(scales.chunks(sets)).map(move |(q, scales)| {
            let zero_points = zero_points.next().unwrap_or_default();
            Self { q, unsigned, scales, zero_points }
        })
    }
}

/// Quantized values to be written.
pub struct QuantizedMut<'a> {
    /// The bits of the integers.
    pub(crate) q: &'a mut [i8],
    /// One for each set.
    pub(crate) scales: &'a mut [f32],
    /// As many as scales; none if the scheme is symmetric.
    pub(crate) zero_points: &'a mut [i32],
}

impl<'a> QuantizedMut<'a> {
    /// All of it, for a while.
    #[inline(always)]
    pub(crate) fn reborrow(&mut self) -> QuantizedMut<'_> {
        let Self { q, scales, zero_points } = self;
        QuantizedMut { q, scales, zero_points }
    }

    /// Writes the parameters of a set.
    #[inline(always)]
    pub(crate) fn set_params(&mut self, set: usize, scale: f32, zero_point: i32) {
        self.scales[set] = scale;
        if let Some(place) = self.zero_points.get_mut(set) {
            *place = zero_point;
        }
    }

    /// Some of the values, and the sets that they are.
    #[inline(always)]
    pub(crate) fn part(&mut self, values: Range<usize>, sets: Range<usize>) -> QuantizedMut<'_> {
        QuantizedMut {
            q: &mut self.q[values],
            scales: &mut self.scales[sets.clone()],
            zero_points: self.zero_points.get_mut(sets).unwrap_or_default(),
        }
    }

    /// Pieces of so many values, and as many sets as these have.
    pub(crate) fn chunks(
        self,
        values: usize,
        sets: usize,
    ) -> impl ExactSizeIterator<Item = QuantizedMut<'a>> + Send {
        let Self { q, scales, zero_points } = self;
        let mut zero_points = zero_points.chunks_mut(sets);
        q.chunks_mut(values).zip(scales.chunks_mut(sets)).map(move |(q, scales)| {
            let zero_points = zero_points.next().unwrap_or_default();
            QuantizedMut { q, scales, zero_points }
        })
    }
}

/// A kernel that reads integers, once their type is known.
pub(super) trait OfIntegers {
    /// Computes it.
    fn eval_of<S: Simd, Q: Integer>(self, s: S);
}

/// Runs a kernel that reads integers, which are `unsigned` or not.
#[inline(always)]
pub(super) fn of_integers<S: Simd>(s: S, unsigned: bool, kernel: impl OfIntegers) {
    if unsigned {
        kernel.eval_of::<S, u8>(s);
    } else {
        kernel.eval_of::<S, i8>(s);
    }
}
