//! What can go wrong, with the numbers that explain it.

use crate::{Isa, ScaleType};

/// A result of this crate.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Why an operation was refused.
///
/// An operation that fails leaves its output buffer in an unspecified but initialised state.
///
/// ```
/// let error = absmax::quantize(&[0.0, f32::INFINITY]).unwrap_err();
/// assert_eq!(error.to_string(), "value inf at index 1 is not finite");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data that a scale was to be computed from holds NaN or an infinity.
    #[error("value {value} at index {index} is not finite")]
    NotFinite {
        /// Index of the first such value, in elements from the start of the data.
        index: usize,
        /// The value, widened to binary32.
        value: f32,
    },
    /// A scale has to be finite and positive.
    #[error("scale {scale} is not a finite positive number")]
    InvalidScale {
        /// The scale given.
        scale: f32,
    },
    /// A largest magnitude has to be finite and not negative.
    #[error("abs-max {abs_max} is not a finite number of at least 0")]
    InvalidAbsMax {
        /// The abs-max given.
        abs_max: f32,
    },
    /// The scale does not fit the type that it is to be stored in.
    #[error("the scale of abs-max {abs_max} in channel {channel} overflows {scale_type}")]
    ScaleOverflow {
        /// The index of the parameter set: 0 per tensor, else the index along the axis.
        channel: usize,
        /// The largest magnitude there.
        abs_max: f32,
        /// The type that the scale is to be stored in.
        scale_type: ScaleType,
    },
    /// A buffer has the wrong length.
    #[error("{what} has {found} elements where {expected} are needed")]
    LengthMismatch {
        /// Which buffer.
        what: &'static str,
        /// The length that the other arguments call for.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// The product of a shape's dimensions is not the number of elements.
    #[error("the shape calls for {expected} elements and the data has {found}")]
    ShapeMismatch {
        /// The product of the dimensions.
        expected: usize,
        /// The length of the data.
        found: usize,
    },
    /// The product of a shape's dimensions, or of a count and a length, exceeds `usize`.
    #[error("the number of elements overflows usize")]
    SizeOverflow,
    /// The axis is not one of the tensor's.
    #[error("axis {axis} is out of range for a tensor of {rank} dimensions")]
    AxisOutOfRange {
        /// The axis given; negative axes count from the end.
        axis: isize,
        /// The number of dimensions.
        rank: usize,
    },
    /// This CPU, or this build, does not have the instruction set.
    #[error("instruction set {isa} is not available on this CPU")]
    IsaUnavailable {
        /// The instruction set asked for.
        isa: Isa,
    },
    /// No instruction set has this name.
    #[error("unknown instruction set: known are portable, avx2, avx512 and neon")]
    UnknownIsa,
}

impl Error {
    /// The error of one channel as one of the whole tensor, in which its values start at `first`.
    pub(crate) fn in_channel(self, channel: usize, first: usize) -> Self {
        match self {
            Self::NotFinite { index, value } => Self::NotFinite { index: first + index, value },
            Self::ScaleOverflow { abs_max, scale_type, .. } => {
                Self::ScaleOverflow { channel, abs_max, scale_type }
            }
            other => other,
        }
    }
}
