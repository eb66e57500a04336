//! The names of schemes and types, as they are written.

use absmax::{Arithmetic, Mapping, Range, Result, ScaleType, Scheme};
use serde::{Deserialize, Serialize};

use crate::inputs;

/// The type of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Element {
    F32,
    F16,
    Bf16,
}

impl Element {
    pub(super) const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Bf16];
}

/// Calls a function that is generic over the type of the values.
macro_rules! with_element {
    ($element:expr, $function:ident($($argument:expr),*)) => {
        match $element {
            $crate::vectors::names::Element::F32 => $function::<f32>($($argument),*),
            $crate::vectors::names::Element::F16 => $function::<half::f16>($($argument),*),
            $crate::vectors::names::Element::Bf16 => $function::<half::bf16>($($argument),*),
        }
    };
}
pub(super) use with_element;

/// How a range is laid over the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Lay {
    SymmetricNarrow,
    SymmetricFull,
    AffineSigned,
    AffineUnsigned,
    SymmetricOffsetNarrow,
    SymmetricOffsetFull,
}

/// The type of the scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Stored {
    F32,
    F16,
    Bf16,
}

impl From<ScaleType> for Stored {
    fn from(scale_type: ScaleType) -> Self {
        match scale_type {
            ScaleType::F32 => Self::F32,
            ScaleType::F16 => Self::F16,
            ScaleType::Bf16 => Self::Bf16,
        }
    }
}

impl From<Stored> for ScaleType {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::F32 => Self::F32,
            Stored::F16 => Self::F16,
            Stored::Bf16 => Self::Bf16,
        }
    }
}

/// A scheme without its granularity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grid {
    bits: u8,
    mapping: Lay,
    scale_type: Stored,
}

impl Grid {
    pub(super) fn of(bits: u8, mapping: Mapping, scale_type: ScaleType) -> Self {
        let mapping = match mapping {
            Mapping::Symmetric(Range::Narrow) => Lay::SymmetricNarrow,
            Mapping::Symmetric(Range::Full) => Lay::SymmetricFull,
            Mapping::AffineSigned => Lay::AffineSigned,
            Mapping::AffineUnsigned => Lay::AffineUnsigned,
            Mapping::SymmetricOffset(Range::Narrow) => Lay::SymmetricOffsetNarrow,
            Mapping::SymmetricOffset(Range::Full) => Lay::SymmetricOffsetFull,
        };
        Self { bits, mapping, scale_type: scale_type.into() }
    }

    /// The scheme as the library has it, per tensor.
    pub(super) fn scheme(self) -> Result<Scheme> {
        let mapping = match self.mapping {
            Lay::SymmetricNarrow => Mapping::Symmetric(Range::Narrow),
            Lay::SymmetricFull => Mapping::Symmetric(Range::Full),
            Lay::AffineSigned => Mapping::AffineSigned,
            Lay::AffineUnsigned => Mapping::AffineUnsigned,
            Lay::SymmetricOffsetNarrow => Mapping::SymmetricOffset(Range::Narrow),
            Lay::SymmetricOffsetFull => Mapping::SymmetricOffset(Range::Full),
        };
        let scheme = inputs::mapped(Scheme::int8().bits(self.bits)?, mapping);
        Ok(scheme.with_scale_type(self.scale_type.into()))
    }
}

/// Which values share a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shared {
    Tensor,
    /// The values of one index along an axis, which may count from the end.
    Channel(isize),
    /// So many values along the last axis.
    Group(usize),
}

impl Shared {
    pub(super) fn apply(self, scheme: Scheme) -> Result<Scheme> {
        match self {
            Self::Tensor => Ok(scheme.per_tensor()),
            Self::Channel(axis) => Ok(scheme.per_channel(axis)),
            Self::Group(size) => scheme.per_group(size),
        }
    }
}

/// An arithmetic that has a name, which is what is written.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Preset(pub(super) Arithmetic);

impl From<Preset> for String {
    fn from(Preset(arithmetic): Preset) -> Self {
        arithmetic.name().unwrap_or_default().to_owned()
    }
}

impl TryFrom<String> for Preset {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let arithmetic = Arithmetic::by_name(&name).map(Self);
        arithmetic.ok_or_else(|| format!("there is no arithmetic {name:?}"))
    }
}
