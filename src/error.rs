//! The errors of this crate, with the numbers that explain them.

use alloc::format;
use alloc::string::String;

use crate::isa::Isa;
use crate::observer_kind::ObserverKind;
use crate::scale_type::ScaleType;

/// A result of this crate.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// Why an operation was refused.
///
/// After an error about the values, [`Error::NotFinite`], [`Error::ScaleOverflow`] or
/// [`Error::ScaleUnderflow`], the outputs of the operation hold initialised values that mean
/// nothing. After every other error, nothing has been written.
///
/// ```
/// let error = absmax::quantize(&[0.0, f32::INFINITY]).unwrap_err();
/// assert_eq!(error.to_string(), "value inf at index 1 is not finite");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data that a scale was to be computed from holds NaN or an infinity.
    #[error("value {value:?} at index {index} is not finite")]
    NotFinite {
        /// Index of the first such value, in elements from the start of the data.
        index: usize,
        /// The value, widened to binary32.
        value: f32,
    },
    /// A scale has to be finite and positive.
    #[error("scale {scale:?} is not a finite positive number")]
    InvalidScale {
        /// The scale given.
        scale: f32,
    },
    /// Quantized integers have 2 to 8 bits.
    #[error("{bits} bits: quantized integers have 2 to 8")]
    InvalidBits {
        /// The number of bits given.
        bits: u8,
    },
    /// Integers are packed if a whole number of them makes a byte.
    #[error("integers of {bits} bits are not packed: those of 2, 4 and 8 are")]
    InvalidPacking {
        /// The number of bits given.
        bits: u8,
    },
    /// A tile has at least one integer, and at most 2^16.
    #[error("tiles of {mr} rows by {kr} columns: a tile has 1 to 65,536 integers")]
    InvalidTiles {
        /// The number of rows given.
        mr: usize,
        /// The number of columns given.
        kr: usize,
    },
    /// Tiles are made of the rows of a matrix.
    #[error("a tensor of any shape is not interleaved to tiles: the rows of a matrix are")]
    TilesOfTensor,
    /// A group has at least one value.
    #[error("a group of 0 values")]
    InvalidGroupSize,
    /// The integers in use are at least two, all within `i8` or all within `u8`.
    #[error(
        "integers from {qmin} to {qmax} are not two or more, all of -128..=127 or all of 0..=255"
    )]
    InvalidRange {
        /// The least integer given.
        qmin: i32,
        /// The largest integer given.
        qmax: i32,
    },
    /// The zero point has to be one of the integers in use.
    #[error("zero point {zero_point} is not between {qmin} and {qmax}")]
    ZeroPointOutOfRange {
        /// The zero point given.
        zero_point: i32,
        /// The least integer in use.
        qmin: i32,
        /// The largest integer in use.
        qmax: i32,
    },
    /// The given parameters of a set are not valid. The scale has to be finite and above 0. The
    /// zero point has to be one of the integers in use, or [`Scheme::offset`](crate::Scheme::offset)
    /// if the scheme is symmetric.
    #[error(
        "set {set} has scale {scale:?} and zero point {zero_point}: the scale has to be finite and \
         above 0, the zero point {}",
        zero_points(*qmin, *qmax)
    )]
    InvalidParams {
        /// The number of the set, in the order of the sets in memory.
        set: usize,
        /// The scale of the set.
        scale: f32,
        /// The zero point of the set.
        zero_point: i32,
        /// The least zero point allowed.
        qmin: i32,
        /// The largest zero point allowed.
        qmax: i32,
    },
    /// The type of a buffer does not fit the integers, or their zero points. Operations on slices
    /// need one that holds all integers in use. Operations by a scheme need [`u8`] if the scheme is
    /// unsigned, else [`i8`].
    #[error("integers or zero points from {qmin} to {qmax} are not all values of {integer}")]
    IntegerMismatch {
        /// The least integer in use.
        qmin: i32,
        /// The largest integer in use.
        qmax: i32,
        /// The name of the type.
        integer: &'static str,
    },
    /// The least and the largest value have to be finite and in order.
    #[error("values from {min:?} to {max:?} are not a finite range")]
    InvalidLimits {
        /// The least value given.
        min: f32,
        /// The largest value given.
        max: f32,
    },
    /// The scale does not fit the type that it is to be stored in.
    #[error("set {set} has values from {min:?} to {max:?}: their scale overflows {scale_type}")]
    ScaleOverflow {
        /// The index of the scale: 0 per tensor, else the index of the channel or group.
        set: usize,
        /// The least value of the set, or the negated largest magnitude where only magnitudes were
        /// looked at.
        min: f32,
        /// The largest value of the set.
        max: f32,
        /// The type that the scale is to be stored in.
        scale_type: ScaleType,
    },
    /// The scale is too small for an arithmetic: it is 0 or its reciprocal overflows, and the
    /// values are not all zero.
    #[error(
        "set {set} has scale {scale:?}: it is too small for this arithmetic, since 1 / scale overflows"
    )]
    ScaleUnderflow {
        /// The index of the scale: 0 per tensor, else the index of the channel or group.
        set: usize,
        /// The scale, before it is rounded to its type.
        scale: f32,
    },
    /// A block q8_1 holds the product of its scale and the sum of its integers, in f16.
    #[error("the scaled sum of a block, {sum:?}, overflows f16")]
    BlockSumOverflow {
        /// The product.
        sum: f32,
    },
    /// An arithmetic does not have the scheme.
    #[error("the arithmetic {arithmetic} has {has}, but not {bits} bits, {mapping} from {qmin}")]
    ArithmeticMismatch {
        /// The name of the arithmetic, `given` if it has none.
        arithmetic: &'static str,
        /// The schemes that it has, in words.
        has: &'static str,
        /// The number of bits of the scheme.
        bits: u8,
        /// `symmetric` or `affine`.
        mapping: &'static str,
        /// The least integer of the scheme.
        qmin: i32,
    },
    /// The weight of a new batch in a moving average is more than 0 and at most 1.
    #[error("averaging constant {constant} is not above 0 and at most 1")]
    InvalidAveragingConstant {
        /// The constant given.
        constant: f32,
    },
    /// A percentile is more than 0 and at most 100.
    #[error("percentile {percent} is not above 0 and at most 100")]
    InvalidPercent {
        /// The percentile given.
        percent: f64,
    },
    /// Only observers of one kind and setting can be merged.
    #[error("an observer ({kind}) cannot take in another ({other})")]
    ObserverMismatch {
        /// The kind of the observer that was to take in the other.
        kind: ObserverKind,
        /// The kind of the other.
        other: ObserverKind,
    },
    /// Two moving averages do not determine the moving average of all their batches.
    #[error("moving averages depend on the order of the batches and cannot be merged")]
    MovingAverageMerge,
    /// A buffer has the wrong length.
    #[error("{what}: {expected} expected, {found} found")]
    LengthMismatch {
        /// What is counted, for people: `data`, `data of strided rows`, `output`, `rows of the
        /// output`, `a row of the output`, `bands of tiles`, `integers`, `scales`, `zero points`,
        /// `scales to be written`, `zero points to be written`, `sums`, `scaled sums`, `packed` or
        /// `approximation`.
        what: &'static str,
        /// The length that the other arguments call for.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// Rows must not overlap, and where a tensor is written there must be no gaps between them.
    #[error(
        "rows of {row_len} elements cannot be {row_stride} elements apart: {}",
        if row_stride < row_len { "they would overlap" } else { "a tensor is written without gaps" }
    )]
    InvalidRowStride {
        /// The length of a row.
        row_len: usize,
        /// The distance given.
        row_stride: usize,
    },
    /// An arithmetic does not have the blocks of ggml.
    #[error("the arithmetic {arithmetic} has no blocks, because its scale is not the step")]
    NoBlocks {
        /// The name of the preset, or `given`.
        arithmetic: &'static str,
    },
    /// Rows are not whole blocks.
    #[error("rows of {row_len} values are not whole blocks of {block}")]
    PartialBlock {
        /// The length of a row.
        row_len: usize,
        /// The number of values of a block.
        block: usize,
    },
    /// The type of a buffer does not hold the scales of the scheme without loss.
    #[error("scales that are rounded to {scheme} do not fit a buffer of {buffer}")]
    ScaleTypeMismatch {
        /// The type that the scheme rounds scales to.
        scheme: ScaleType,
        /// The type of the buffer.
        buffer: ScaleType,
    },
    /// The product of a shape's dimensions is not the number of elements.
    #[error("the shape calls for {expected} elements and the data has {found}")]
    ShapeMismatch {
        /// The product of the dimensions.
        expected: usize,
        /// The length of the data.
        found: usize,
    },
    /// The sum of a set's integers may overflow `i32`.
    #[error("the sum of {values} integers may overflow i32: at most {limit} are added up")]
    SumOverflow {
        /// The number of integers of the largest set.
        values: usize,
        /// The largest number of integers whose sum cannot overflow, whatever they are.
        limit: usize,
    },
    /// The product of a shape's dimensions, or of a count and a length, exceeds `usize`, or there is
    /// no memory for as many scales as a shape has.
    #[error("a number of elements overflows usize, or there is no memory for so many scales")]
    SizeOverflow,
    /// The axis is not one of the tensor's.
    #[error("axis {axis} is out of range for a tensor of {rank} dimensions")]
    AxisOutOfRange {
        /// The axis given; negative axes count from the end.
        axis: isize,
        /// The number of dimensions.
        rank: usize,
    },
    /// The values of a set are not consecutive, and the operation takes only those that are.
    #[error(
        "the values of a channel along axis {axis} are not consecutive, as they have to be here"
    )]
    NotConsecutive {
        /// The axis of the scheme.
        axis: isize,
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
    /// Turns an error about the values of one set into an error about the whole tensor, in which
    /// these values start at `first`.
    pub(crate) fn in_set(self, set: usize, first: usize) -> Self {
        match self {
            Self::NotFinite { index, value } => Self::NotFinite { index: first + index, value },
            Self::ScaleOverflow { min, max, scale_type, .. } => {
                Self::ScaleOverflow { set, min, max, scale_type }
            }
            Self::ScaleUnderflow { scale, .. } => Self::ScaleUnderflow { set, scale },
            other => other,
        }
    }
}

impl Error {
    /// The error of a part before which there are so many sets, and so many elements.
    pub(crate) fn after(self, sets: usize, elements: usize) -> Self {
        match self {
            Self::ScaleOverflow { set, .. } | Self::ScaleUnderflow { set, .. } => {
                self.in_set(sets + set, elements)
            }
            other => other.in_set(sets, elements),
        }
    }
}

/// Which zero points are allowed, in words.
fn zero_points(qmin: i32, qmax: i32) -> String {
    if qmin == qmax { format!("{qmin}") } else { format!("between {qmin} and {qmax}") }
}

/// Checks that a buffer has the length `expected`.
pub(crate) fn same_length(what: &'static str, expected: usize, found: usize) -> Result<()> {
    if expected == found { Ok(()) } else { Err(Error::LengthMismatch { what, expected, found }) }
}
