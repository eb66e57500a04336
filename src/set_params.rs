//! The parameters of many sets that are given: one scale and one zero point for each.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::Scheme;
use crate::stored::{Scales, StoredScale, StoredZeroPoint, ZeroPoints};

/// Given parameters of many sets. A set is the values that share a scale: a tensor, a row, a column
/// or a group, as a [`Scheme`] says. Sets are in the order of their first values in
/// memory, so the groups of a row come before those of the next.
///
/// There is a scale for each set, in `f32`, `f16` or `bf16`. It is used as it is, whichever type
/// the scheme would round a scale of its own to. There are as many zero points, in `i32` or in the
/// type of the integers. None at all stand for the scheme's [offset](crate::Scheme::offset), which
/// is 0 unless the integers are symmetric and unsigned.
///
/// ```
/// use absmax::Params;
///
/// let (scales, zero_points) = ([0.5, 2.0], [3u8, 128]);
/// let params = Params::new(&scales).with_zero_points(&zero_points);
/// assert_eq!(params.len(), 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Params<'a> {
    pub(crate) scales: Scales<'a>,
    pub(crate) zero_points: ZeroPoints<'a>,
    /// The zero point of every set, if there are none of their own.
    pub(crate) offset: i32,
}

impl<'a> Params<'a> {
    /// Parameters with these scales, and the zero point that a scheme has if it has no others: 0, or
    /// 128 of symmetric integers with an offset.
    pub fn new<S: StoredScale>(scales: &'a [S]) -> Self {
        Self { scales: S::read(scales), zero_points: ZeroPoints::I32(&[]), offset: 0 }
    }

    /// These parameters with other zero points: as many as scales, or none if all are the scheme's
    /// [offset](crate::Scheme::offset), which is 0 as a rule.
    #[must_use]
    pub fn with_zero_points<Z: StoredZeroPoint>(self, zero_points: &'a [Z]) -> Self {
        Self { zero_points: Z::read(zero_points), ..self }
    }

    /// The number of scales.
    pub const fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there are no scales.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The parameters of sets of a scheme: [`Scheme::offset`] is the zero point, if none are given.
    #[inline(always)]
    pub(crate) const fn of_scheme(self, scheme: Scheme) -> Self {
        Self { offset: scheme.offset(), ..self }
    }

    /// The zero points.
    pub(crate) const fn zero_points(&self) -> ZeroPoints<'a> {
        self.zero_points
    }

    /// The scale and the zero point of a set, whose scale has to exist.
    #[inline(always)]
    pub(crate) fn get(self, set: usize) -> (f32, i32) {
        (self.scales.get(set), self.zero_points.get(set).unwrap_or(self.offset))
    }

    /// The scale and the zero point of a set. If there is one scale, all values are one set.
    #[inline(always)]
    pub(crate) fn of_set(self, set: usize) -> (f32, i32) {
        self.get(if self.len() == 1 { 0 } else { set })
    }

    /// The parameters of `count` sets from `first` on. If there is one scale, all values are one
    /// set.
    pub(crate) fn of_sets(self, first: usize, count: usize) -> Self {
        if self.len() == 1 { self } else { self.part(first..first + count) }
    }

    /// The parameters of some sets.
    #[inline(always)]
    fn part(self, sets: Range<usize>) -> Self {
        let zero_points = if self.zero_points.len() == 0 {
            self.zero_points
        } else {
            self.zero_points.part(sets.clone())
        };
        Self { scales: self.scales.part(sets), zero_points, ..self }
    }

    /// All scales, and as many zero points.
    pub(crate) fn unzip(self) -> (Vec<f32>, Vec<i32>) {
        let scales = match self.scales {
            Scales::F32(scales) => scales.to_vec(),
            Scales::F16(scales) => scales.iter().map(|scale| scale.to_f32()).collect(),
            Scales::Bf16(scales) => scales.iter().map(|scale| scale.to_f32()).collect(),
        };
        let zero_points = match self.zero_points {
            _ if self.zero_points.len() == 0 => vec![self.offset; scales.len()],
            ZeroPoints::I32(zero_points) => zero_points.to_vec(),
            ZeroPoints::I8(zero_points) => zero_points.iter().map(|&z| z.into()).collect(),
            ZeroPoints::U8(zero_points) => zero_points.iter().map(|&z| z.into()).collect(),
        };
        (scales, zero_points)
    }

    /// The scale and the zero point of each set.
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = (f32, i32)> {
        (0..self.len()).map(move |set| self.get(set))
    }
}
