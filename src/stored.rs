//! Scales and zero points in memory, in the types that they are stored in. The values that share a
//! scale and a zero point are a set, and there is one of each for every set.

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
            /// The numbers, to be read.
            #[inline(always)]
            pub(crate) const fn into_read(self) -> $read<'a> {
                match self { $(Self::$variant(stored) => $read::$variant(stored)),+ }
            }

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
                match self {
                    $(Self::$variant(stored) => {
                        $written::$variant(stored.get_mut(sets).unwrap_or_default())
                    })+
                }
            }

            /// Takes the numbers of the first sets away, or all if there are fewer.
            pub(crate) fn take_first(&mut self, sets: usize) -> Self {
                match self {
                    $(Self::$variant(stored) => {
                        Self::$variant(take_first(stored, sets))
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

    /// The zero point of a set, if zero points are stored.
    #[inline(always)]
    pub(crate) fn get(self, set: usize) -> Option<i32> {
        match self {
            Self::I32(zero_points) => zero_points.get(set).copied(),
            Self::I8(zero_points) => zero_points.get(set).map(|&z| z.into()),
            Self::U8(zero_points) => zero_points.get(set).map(|&z| z.into()),
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

/// Takes the first values away, or all if there are fewer.
pub(crate) fn take_first<'a, T>(values: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let count = count.min(values.len());
    let (first, rest) = core::mem::take(values).split_at_mut(count);
    *values = rest;
    first
}
