//! Why a call was refused, with the numbers that explain it.

use absmax::{Error, ScaleType};

use crate::codes::*;

/// A status that is not [`ABSMAX_OK`], and the numbers beside it. absmax.h says which statuses have
/// which.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fault {
    pub(crate) status: AbsmaxStatus,
    pub(crate) argument: u32,
    pub(crate) index: usize,
    pub(crate) expected: i64,
    pub(crate) found: i64,
    pub(crate) value: f32,
    pub(crate) least: f32,
}

/// What most functions inside this crate return.
pub(crate) type Checked<T = ()> = Result<T, Fault>;

impl Fault {
    /// A fault of an argument.
    pub(crate) fn new(status: AbsmaxStatus, argument: u32) -> Self {
        Self { status, argument, ..Self::default() }
    }

    /// A fault of an argument, of which something else was expected.
    pub(crate) fn unlike(
        status: AbsmaxStatus,
        argument: u32,
        expected: usize,
        found: usize,
    ) -> Self {
        Self { expected: signed(expected), found: signed(found), ..Self::new(status, argument) }
    }

    /// A number that stands for no choice.
    pub(crate) fn code(argument: u32, found: u32) -> Self {
        Self { found: found.into(), ..Self::new(ABSMAX_ERROR_CODE, argument) }
    }

    /// The fault of a part, before which there are so many sets and elements.
    pub(crate) fn after(mut self, sets: usize, elements: usize) -> Self {
        match self.status {
            ABSMAX_ERROR_NOT_FINITE => self.index += elements,
            ABSMAX_ERROR_SCALE_OVERFLOW | ABSMAX_ERROR_SCALE_UNDERFLOW => self.index += sets,
            _ => {}
        }
        self
    }
}

/// A size as C sees it in a fault. No size that memory has exceeds the type.
fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Checks that a length is the one that the other arguments call for.
pub(crate) fn same_length(argument: u32, expected: usize, found: usize) -> Checked {
    if expected == found {
        return Ok(());
    }
    Err(Fault::unlike(ABSMAX_ERROR_LENGTH, argument, expected, found))
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let new = Self::new;
        match error {
            Error::NotFinite { index, value } => {
                Self { index, value, ..new(ABSMAX_ERROR_NOT_FINITE, ABSMAX_ARG_X) }
            }
            Error::ScaleOverflow { set, min, max, scale_type } => Self {
                index: set,
                value: max,
                least: min,
                found: code_of(scale_type).into(),
                ..new(ABSMAX_ERROR_SCALE_OVERFLOW, ABSMAX_ARG_X)
            },
            Error::ScaleUnderflow { set, scale } => {
                Self { index: set, value: scale, ..new(ABSMAX_ERROR_SCALE_UNDERFLOW, ABSMAX_ARG_X) }
            }
            Error::BlockSumOverflow { sum } => {
                Self { value: sum, ..new(ABSMAX_ERROR_BLOCK_SUM_OVERFLOW, ABSMAX_ARG_X) }
            }
            Error::InvalidScale { scale } => {
                Self { value: scale, ..new(ABSMAX_ERROR_SCALE, ABSMAX_ARG_SCALES) }
            }
            Error::ZeroPointOutOfRange { zero_point, .. } => Self {
                found: zero_point.into(),
                ..new(ABSMAX_ERROR_ZERO_POINT, ABSMAX_ARG_ZERO_POINTS)
            },
            Error::InvalidParams { set, scale, zero_point, .. } => {
                let about = Self { index: set, value: scale, ..Self::default() };
                // By the bits, since the caller's environment may take a subnormal scale for 0.
                let scale_is_valid = (1..f32::INFINITY.to_bits()).contains(&scale.to_bits());
                let (status, argument) = if scale_is_valid {
                    (ABSMAX_ERROR_ZERO_POINT, ABSMAX_ARG_ZERO_POINTS)
                } else {
                    (ABSMAX_ERROR_SCALE, ABSMAX_ARG_SCALES)
                };
                Self { status, argument, found: zero_point.into(), ..about }
            }
            Error::InvalidRange { qmin, qmax } => Self {
                expected: qmin.into(),
                found: qmax.into(),
                ..new(ABSMAX_ERROR_RANGE, ABSMAX_ARG_Q)
            },
            Error::InvalidLimits { min, max } => {
                Self { value: max, least: min, ..new(ABSMAX_ERROR_LIMITS, ABSMAX_ARG_X) }
            }
            Error::InvalidBits { bits } | Error::InvalidPacking { bits } => {
                Self { found: bits.into(), ..new(ABSMAX_ERROR_BITS, ABSMAX_ARG_SCHEME) }
            }
            Error::InvalidGroupSize => new(ABSMAX_ERROR_GROUP_SIZE, ABSMAX_ARG_SCHEME),
            Error::InvalidTiles { mr, kr } => {
                Self::unlike(ABSMAX_ERROR_TILES, ABSMAX_ARG_TILES, mr, kr)
            }
            Error::IntegerMismatch { .. } => new(ABSMAX_ERROR_TYPE, ABSMAX_ARG_Q),
            Error::ScaleTypeMismatch { scheme, buffer } => Self {
                expected: code_of(scheme).into(),
                found: code_of(buffer).into(),
                ..new(ABSMAX_ERROR_TYPE, ABSMAX_ARG_SCALES)
            },
            Error::LengthMismatch { expected, found, .. }
            | Error::ShapeMismatch { expected, found } => {
                Self::unlike(ABSMAX_ERROR_LENGTH, ABSMAX_ARG_NONE, expected, found)
            }
            Error::InvalidRowStride { row_len, row_stride } => {
                Self::unlike(ABSMAX_ERROR_ROW_STRIDE, ABSMAX_ARG_NONE, row_len, row_stride)
            }
            Error::PartialBlock { row_len, block } => {
                Self::unlike(ABSMAX_ERROR_PARTIAL_BLOCK, ABSMAX_ARG_X, block, row_len)
            }
            Error::SumOverflow { values, limit } => {
                Self::unlike(ABSMAX_ERROR_SUM_OVERFLOW, ABSMAX_ARG_SUMS, limit, values)
            }
            Error::SizeOverflow => new(ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_NONE),
            Error::ArithmeticMismatch { .. }
            | Error::NoBlocks { .. }
            | Error::NotConsecutive { .. } => new(ABSMAX_ERROR_ARITHMETIC, ABSMAX_ARG_SCHEME),
            Error::IsaUnavailable { .. } => new(ABSMAX_ERROR_ISA, ABSMAX_ARG_NAME),
            Error::UnknownIsa => new(ABSMAX_ERROR_CODE, ABSMAX_ARG_NAME),
            _ => new(ABSMAX_ERROR_OTHER, ABSMAX_ARG_NONE),
        }
    }
}

/// The code of a type that scales are stored in.
fn code_of(scale_type: ScaleType) -> u32 {
    match scale_type {
        ScaleType::F32 => ABSMAX_F32,
        ScaleType::F16 => ABSMAX_F16,
        ScaleType::Bf16 => ABSMAX_BF16,
    }
}
