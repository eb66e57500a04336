//! The errors of a safetensors file.

use super::source::Source;

/// Why a file is not a valid safetensors file. Bytes of data are counted from where the header
/// ends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file cannot be read.
    #[error("cannot read it")]
    Unreadable(#[source] std::io::Error),
    /// The file ends too early.
    #[error("it is truncated: {len} bytes, where {what} {needed}")]
    Truncated {
        /// The length of the file.
        len: u64,
        /// What needs more, with a verb.
        what: &'static str,
        /// How many bytes that needs.
        needed: u64,
    },
    /// The file goes on after the last tensor.
    #[error("it goes on after its data: {len} bytes, where the header promises {promised}")]
    TooLong {
        /// The length of the file.
        len: u64,
        /// Where the last tensor ends.
        promised: u64,
    },
    /// The header is longer than the format allows.
    #[error("its header would be {len} bytes long; the format's limit is {limit}")]
    HeaderTooLong {
        /// The length that the file begins with.
        len: u64,
        /// The format's limit.
        limit: u64,
    },
    /// The sizes of the header do not add up in 64 bits.
    #[error("its size overflows")]
    SizeOverflow,
    /// The header is not text.
    #[error("its header is not UTF-8")]
    NotUtf8(#[source] std::str::Utf8Error),
    /// The header is something else than an object of JSON, or says something twice.
    #[error("its header is not a JSON object of tensors")]
    NotAnObject(#[source] Source),
    /// The entry `__metadata__`, which is not a tensor, is not a map of strings.
    #[error("__metadata__ in its header is not a map of strings")]
    Metadata(#[source] Source),
    /// A tensor's entry cannot be understood.
    #[error("tensor {tensor} in its header")]
    Entry {
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        source: Source,
    },
    /// Bytes that belong to no tensor.
    #[error("nothing covers bytes {begin} to {end} of its data, before tensor {tensor}")]
    Gap {
        /// Where they begin.
        begin: usize,
        /// Where the next tensor begins.
        end: usize,
        /// The next tensor.
        tensor: String,
    },
    /// Two tensors share bytes, or one ends before it begins.
    #[error(
        "tensor {tensor} lies at bytes {begin} to {end} of its data, where the one before it ends \
         at {previous_end}"
    )]
    Overlap {
        /// The tensor.
        tensor: String,
        /// Where it begins.
        begin: usize,
        /// Where it ends.
        end: usize,
        /// Where the one before it ends.
        previous_end: usize,
    },
    /// A shape that has no size: it overflows, or is no whole number of bytes.
    #[error("tensor {tensor}, {dtype} {shape:?}, has no size in bytes")]
    NoSize {
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: String,
        /// Its dimensions.
        shape: Vec<usize>,
    },
    /// A tensor has another length than its shape says.
    #[error("tensor {tensor}, {dtype} {shape:?}, takes {needed} bytes and has {len}")]
    Length {
        /// The tensor.
        tensor: String,
        /// Its type.
        dtype: String,
        /// Its dimensions.
        shape: Vec<usize>,
        /// The bytes of that shape.
        needed: usize,
        /// The bytes that it has.
        len: usize,
    },
}
