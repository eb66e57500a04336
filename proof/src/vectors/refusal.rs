//! The errors, as they are written.

use absmax::Error;
use serde::{Deserialize, Serialize};

use super::hex::hex;
use super::names::Stored;

/// What is refused, with the numbers that explain it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refusal {
    NotFinite {
        index: usize,
        value: String,
    },
    InvalidScale {
        scale: String,
    },
    InvalidRange {
        qmin: i32,
        qmax: i32,
    },
    ZeroPointOutOfRange {
        zero_point: i32,
        qmin: i32,
        qmax: i32,
    },
    InvalidLimits {
        min: String,
        max: String,
    },
    ScaleOverflow {
        set: usize,
        min: String,
        max: String,
        scale_type: Stored,
    },
    ScaleUnderflow {
        set: usize,
        scale: String,
    },
    BlockSumOverflow {
        sum: String,
    },
    /// The arithmetic does not have the scheme, which the case names.
    ArithmeticMismatch,
    /// The arithmetic has no blocks.
    NoBlocks,
    AxisOutOfRange {
        axis: isize,
        rank: usize,
    },
    ShapeMismatch {
        expected: usize,
        found: usize,
    },
    InvalidBits {
        bits: u8,
    },
    InvalidGroupSize,
    InvalidPacking {
        bits: u8,
    },
    /// An error that no case is made for, in words.
    Other {
        text: String,
    },
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let bits = |x: f32| hex(&[x]);
        match error {
            Error::NotFinite { index, value } => Self::NotFinite { index, value: bits(value) },
            Error::InvalidScale { scale } => Self::InvalidScale { scale: bits(scale) },
            Error::InvalidRange { qmin, qmax } => Self::InvalidRange { qmin, qmax },
            Error::ZeroPointOutOfRange { zero_point, qmin, qmax } => {
                Self::ZeroPointOutOfRange { zero_point, qmin, qmax }
            }
            Error::InvalidLimits { min, max } => {
                Self::InvalidLimits { min: bits(min), max: bits(max) }
            }
            Error::ScaleOverflow { set, min, max, scale_type } => Self::ScaleOverflow {
                set,
                min: bits(min),
                max: bits(max),
                scale_type: scale_type.into(),
            },
            Error::ScaleUnderflow { set, scale } => {
                Self::ScaleUnderflow { set, scale: bits(scale) }
            }
            Error::BlockSumOverflow { sum } => Self::BlockSumOverflow { sum: bits(sum) },
            Error::ArithmeticMismatch { .. } => Self::ArithmeticMismatch,
            Error::NoBlocks { .. } => Self::NoBlocks,
            Error::AxisOutOfRange { axis, rank } => Self::AxisOutOfRange { axis, rank },
            Error::ShapeMismatch { expected, found } => Self::ShapeMismatch { expected, found },
            Error::InvalidBits { bits } => Self::InvalidBits { bits },
            Error::InvalidGroupSize => Self::InvalidGroupSize,
            Error::InvalidPacking { bits } => Self::InvalidPacking { bits },
            other => Self::Other { text: other.to_string() },
        }
    }
}

/// What comes out: an answer or a refusal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Answer<A> {
    Refused { error: Refusal },
    Given(A),
}

impl<A> From<Result<A, Error>> for Answer<A> {
    fn from(result: Result<A, Error>) -> Self {
        result.map_or_else(|error| Self::Refused { error: error.into() }, Self::Given)
    }
}
