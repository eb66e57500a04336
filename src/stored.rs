//! Scales and zero points in memory, in the types that they are stored in. The values that share a
//! scale and a zero point are a set, and there is one of each for every set.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;
use core::ops::Range;

use half::{bf16, f16};

use crate::ScaleType;
use sealed::{SealedScale, SealedZeroPoint};

/// A type that scales are stored in: [`f32`], [`half::f16`] or [`half::bf16`]. The trait is sealed.
///
/// ```
/// use absmax::{ScaleType, StoredScale};
///
/// assert_eq!(<half::bf16 as StoredScale>::TYPE, ScaleType::Bf16);
/// ```
pub trait StoredScale: SealedScale {
    /// The type, as schemes name it.
    const TYPE: ScaleType;
}

/// A type that zero points are stored in: [`i32`], or that of the integers, which is [`u8`] for
/// unsigned schemes and [`i8`] for all others. The trait is sealed.
///
/// ```
/// use absmax::StoredZeroPoint;
///
/// assert_eq!((<u8 as StoredZeroPoint>::NAME, <i32 as StoredZeroPoint>::NAME), ("u8", "i32"));
/// ```
pub trait StoredZeroPoint: SealedZeroPoint {
    /// The name of the type: `"i8"`, `"u8"` or `"i32"`.
    const NAME: &'static str;
}

mod sealed {
    use super::{Debug, Scales, ScalesMut, ZeroPoints, ZeroPointsMut};

    pub trait SealedScale: Copy + Debug + Send + Sync + 'static {
        fn read(scales: &[Self]) -> Scales<'_>;
        fn written(scales: &mut [Self]) -> ScalesMut<'_>;
    }

    pub trait SealedZeroPoint: Copy + Debug + Send + Sync + 'static {
        fn read(zero_points: &[Self]) -> ZeroPoints<'_>;
        fn written(zero_points: &mut [Self]) -> ZeroPointsMut<'_>;
    }
}

/// Scales that are read.
#[derive(Clone, Copy, Debug)]
pub enum Scales<'a> {
    /// The scales are read as they are.
    F32(&'a [f32]),
    /// The scales are widened when they are read.
    F16(&'a [f16]),
    /// The scales are widened when they are read.
    Bf16(&'a [bf16]),
}

/// Scales that are written.
#[derive(Debug)]
pub enum ScalesMut<'a> {
    /// The scales are written as they are.
    F32(&'a mut [f32]),
    /// The scales have been rounded to this type, so that nothing is lost when they are written.
    F16(&'a mut [f16]),
    /// The scales have been rounded to this type, so that nothing is lost when they are written.
    Bf16(&'a mut [bf16]),
}

/// Zero points that are read. If there are none, every zero point is 0.
#[derive(Clone, Copy, Debug)]
pub enum ZeroPoints<'a> {
    /// The zero points of integers of either type.
    I32(&'a [i32]),
    /// The zero points of signed integers.
    I8(&'a [i8]),
    /// The zero points of unsigned integers.
    U8(&'a [u8]),
}

/// Zero points that are written, or none.
#[derive(Debug)]
pub enum ZeroPointsMut<'a> {
    /// The zero points of integers of either type.
    I32(&'a mut [i32]),
    /// The zero points of signed integers.
    I8(&'a mut [i8]),
    /// The zero points of unsigned integers.
    U8(&'a mut [u8]),
}

/// Implements the traits for each type, which is a variant of both enumerations.
macro_rules! stored {
    ($trait:ident, $sealed:ident, $read:ident, $written:ident, $constant:ident: $name:ty,
     $($variant:ident($type:ident) = $value:expr),+) => {
        $(
            impl $trait for $type {
                const $constant: $name = $value;
            }

            impl $sealed for $type {
                #[inline(always)]
                fn read(stored: &[Self]) -> $read<'_> {
                    $read::$variant(stored)
                }

                #[inline(always)]
                fn written(stored: &mut [Self]) -> $written<'_> {
                    $written::$variant(stored)
                }
            }
        )+

        impl $read<'_> {
            /// The number of stored numbers.
            #[inline(always)]
            pub(crate) const fn len(self) -> usize {
                match self { $(Self::$variant(stored) => stored.len()),+ }
            }

            /// The numbers of some sets.
            #[inline(always)]
            pub(crate) fn part(self, sets: Range<usize>) -> Self {
                match self { $(Self::$variant(stored) => Self::$variant(&stored[sets])),+ }
            }
        }

        impl<'a> $written<'a> {
            /// The number of stored numbers.
            #[inline(always)]
            pub(crate) const fn len(&self) -> usize {
                match self { $(Self::$variant(stored) => stored.len()),+ }
            }

            /// Borrows all numbers again, for a shorter lifetime.
            #[inline(always)]
            pub(crate) const fn reborrow(&mut self) -> $written<'_> {
                match self { $(Self::$variant(stored) => $written::$variant(stored)),+ }
            }

            /// The numbers of some sets.
            #[inline(always)]
            pub(crate) fn part(&mut self, sets: Range<usize>) -> $written<'_> {
                match self { $(Self::$variant(stored) => $written::$variant(&mut stored[sets])),+ }
            }

            /// Takes the numbers of the first sets away, or all if there are fewer.
            pub(crate) fn take_first(&mut self, sets: usize) -> Self {
                match self {
                    $(Self::$variant(stored) => {
                        let sets = sets.min(stored.len());
                        let (first, rest) = core::mem::take(stored).split_at_mut(sets);
                        *stored = rest;
                        Self::$variant(first)
                    })+
                }
            }
        }
    };
}

stored! {
    StoredScale, SealedScale, Scales, ScalesMut, TYPE: ScaleType,
    F32(f32) = ScaleType::F32, F16(f16) = ScaleType::F16, Bf16(bf16) = ScaleType::Bf16
}

stored! {
    StoredZeroPoint, SealedZeroPoint, ZeroPoints, ZeroPointsMut, NAME: &'static str,
    I32(i32) = "i32", I8(i8) = "i8", U8(u8) = "u8"
}

impl Scales<'_> {
    /// The scale of a set, which has to exist.
    #[inline(always)]
    pub(crate) fn get(self, set: usize) -> f32 {
        match self {
            Self::F32(scales) => scales[set],
            Self::F16(scales) => scales[set].to_f32(),
            Self::Bf16(scales) => scales[set].to_f32(),
        }
    }
}

impl ScalesMut<'_> {
    /// Borrows the scales to read them.
    #[inline(always)]
    pub(crate) const fn read(&self) -> Scales<'_> {
        match self {
            Self::F32(scales) => Scales::F32(scales),
            Self::F16(scales) => Scales::F16(scales),
            Self::Bf16(scales) => Scales::Bf16(scales),
        }
    }

    /// Writes the scale of a set.
    #[inline(always)]
    pub(crate) fn set(&mut self, set: usize, scale: f32) {
        match self {
            Self::F32(scales) => scales[set] = scale,
            Self::F16(scales) => scales[set] = f16::from_f32(scale),
            Self::Bf16(scales) => scales[set] = bf16::from_f32(scale),
        }
    }

    /// Writes the scales of the sets from the first one on.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, first: usize, from: &[f32; N]) {
        match self {
            Self::F32(scales) => scales[first..][..N].copy_from_slice(from),
            _ => (first..).zip(from).for_each(|(set, &scale)| self.set(set, scale)),
        }
    }

    /// The type that the scales are stored in.
    pub(crate) const fn scale_type(&self) -> ScaleType {
        match self {
            Self::F32(_) => ScaleType::F32,
            Self::F16(_) => ScaleType::F16,
            Self::Bf16(_) => ScaleType::Bf16,
        }
    }
}

impl ZeroPoints<'_> {
    /// The name of the type if it belongs to the other kind of integers, signed or unsigned.
    pub(crate) const fn misfit(self, unsigned: bool) -> Option<&'static str> {
        match self {
            Self::I8(_) if unsigned => Some("i8"),
            Self::U8(_) if !unsigned => Some("u8"),
            _ => None,
        }
    }

    /// The zero point of a set, which is 0 if none are stored.
    #[inline(always)]
    pub(crate) fn get(self, set: usize) -> i32 {
        match self {
            Self::I32(zero_points) => zero_points.get(set).copied().unwrap_or(0),
            Self::I8(zero_points) => zero_points.get(set).map_or(0, |&z| z.into()),
            Self::U8(zero_points) => zero_points.get(set).map_or(0, |&z| z.into()),
        }
    }
}

impl ZeroPointsMut<'_> {
    /// Borrows the zero points to read them.
    #[inline(always)]
    pub(crate) const fn read(&self) -> ZeroPoints<'_> {
        match self {
            Self::I32(zero_points) => ZeroPoints::I32(zero_points),
            Self::I8(zero_points) => ZeroPoints::I8(zero_points),
            Self::U8(zero_points) => ZeroPoints::U8(zero_points),
        }
    }

    /// Writes the zero points of the sets from the first one on, unless there are none.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&mut self, first: usize, from: &[i32; N]) {
        match self {
            Self::I32([]) => {}
            Self::I32(zero_points) => zero_points[first..][..N].copy_from_slice(from),
            _ => (first..).zip(from).for_each(|(set, &zero_point)| self.set(set, zero_point)),
        }
    }

    /// Writes the zero point of a set, unless there are none. The type holds the zero point.
    #[inline(always)]
    pub(crate) fn set(&mut self, set: usize, zero_point: i32) {
        match self {
            Self::I32(zero_points) => {
                if let Some(place) = zero_points.get_mut(set) {
                    *place = zero_point;
                }
            }
            Self::I8(zero_points) => {
                if let Some(place) = zero_points.get_mut(set) {
                    *place = zero_point as i8;
                }
            }
            Self::U8(zero_points) => {
                if let Some(place) = zero_points.get_mut(set) {
                    *place = zero_point as u8;
                }
            }
        }
    }
}

/// Given parameters of many sets. A set is the values that share a scale: a tensor, a row, a column
/// or a group, as a [`Scheme`](crate::Scheme) says. Sets are in the order of their first values in
/// memory, so the groups of a row come before those of the next.
///
/// There is a scale for each set, in `f32`, `f16` or `bf16`. It is used as it is, whichever type the
/// scheme would round a scale of its own to. There are as many zero points, in `i32` or in the type
/// of the integers; none at all stand for zeros.
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
    scales: Scales<'a>,
    zero_points: ZeroPoints<'a>,
}

impl<'a> Params<'a> {
    /// Parameters with these scales and the zero point 0.
    pub fn new<S: StoredScale>(scales: &'a [S]) -> Self {
        Self { scales: S::read(scales), zero_points: ZeroPoints::I32(&[]) }
    }

    /// These parameters with other zero points: as many as scales, or none if all are 0.
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

    /// The zero points.
    pub(crate) const fn zero_points(&self) -> ZeroPoints<'a> {
        self.zero_points
    }

    /// The scale and the zero point of a set, whose scale has to exist.
    #[inline(always)]
    pub(crate) fn get(self, set: usize) -> (f32, i32) {
        (self.scales.get(set), self.zero_points.get(set))
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
        Self { scales: self.scales.part(sets), zero_points }
    }

    /// All scales, and as many zero points.
    pub(crate) fn unzip(self) -> (Vec<f32>, Vec<i32>) {
        let scales = match self.scales {
            Scales::F32(scales) => scales.to_vec(),
            Scales::F16(scales) => scales.iter().map(|scale| scale.to_f32()).collect(),
            Scales::Bf16(scales) => scales.iter().map(|scale| scale.to_f32()).collect(),
        };
        let zero_points = match self.zero_points {
            _ if self.zero_points.len() == 0 => vec![0; scales.len()],
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

/// Parameters of many sets that are written. There are as many zero points as scales, or none.
#[derive(Debug)]
pub(crate) struct ParamsMut<'a> {
    pub(crate) scales: ScalesMut<'a>,
    pub(crate) zero_points: ZeroPointsMut<'a>,
}

impl<'a> ParamsMut<'a> {
    /// No parameters, so that none are written.
    #[inline(always)]
    pub(crate) fn none() -> Self {
        Self { scales: ScalesMut::F32(&mut []), zero_points: ZeroPointsMut::I32(&mut []) }
    }

    /// Borrows all parameters again, for a shorter lifetime.
    #[inline(always)]
    pub(crate) const fn reborrow(&mut self) -> ParamsMut<'_> {
        let Self { scales, zero_points } = self;
        ParamsMut { scales: scales.reborrow(), zero_points: zero_points.reborrow() }
    }

    /// Borrows the parameters to read them.
    #[inline(always)]
    pub(crate) const fn read(&self) -> Params<'_> {
        Params { scales: self.scales.read(), zero_points: self.zero_points.read() }
    }

    /// The number of sets.
    #[inline(always)]
    pub(crate) const fn len(&self) -> usize {
        self.scales.len()
    }

    /// Writes the parameters of a set.
    #[inline(always)]
    pub(crate) fn set(&mut self, set: usize, scale: f32, zero_point: i32) {
        self.scales.set(set, scale);
        self.zero_points.set(set, zero_point);
    }

    /// The parameters of some sets.
    #[inline(always)]
    pub(crate) fn part(&mut self, sets: Range<usize>) -> ParamsMut<'_> {
        let zero_points = if self.zero_points.len() == 0 {
            ZeroPointsMut::I32(&mut [])
        } else {
            self.zero_points.part(sets.clone())
        };
        ParamsMut { scales: self.scales.part(sets), zero_points }
    }

    /// Takes the parameters of the first sets away, or all if there are fewer.
    pub(crate) fn take_first(&mut self, sets: usize) -> Self {
        let Self { scales, zero_points } = self;
        Self { scales: scales.take_first(sets), zero_points: zero_points.take_first(sets) }
    }

    /// The first set whose scale is not finite.
    pub(crate) fn first_not_finite(&self) -> Option<usize> {
        let scales = self.scales.read();
        (0..scales.len()).find(|&set| !scales.get(set).is_finite())
    }
}
