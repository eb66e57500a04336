//! The errors of a weight that is quantized already.

use super::source::Source;

/// Why a quantized weight, stored in the form of compressed-tensors, cannot be understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightError {
    /// What config.json says of quantization has another form.
    #[error("the config's quantization_config cannot be read")]
    Config(#[source] Source),
    /// The weight is quantized by another method.
    #[error("the config says that it is quantized by {method}")]
    Method {
        /// The method's name.
        method: String,
    },
    /// The weights are rotated, and would have to be rotated back.
    #[error("the config has a transform_config: rotated weights are not supported")]
    Transformed,
    /// The tensors that the weight is stored as have no form that is known.
    #[error("its parts are neither those of int-quantized nor of pack-quantized")]
    Parts,
    /// The weight has another number of dimensions than two.
    #[error("it is not a matrix")]
    NotAMatrix,
    /// A part is of another type, or of another shape, than its form asks for: in words.
    #[error("{0}")]
    Part(String),
    /// The words do not hold integers of the shape.
    #[error("{packed:?} words for the shape {shape:?} are not those of {of}")]
    Packing {
        /// The dimensions of the words.
        packed: Vec<usize>,
        /// The shape that is stored beside them.
        shape: [usize; 2],
        /// The bits that were tried, in words.
        of: String,
    },
    /// config.json contradicts the tensors: in words.
    #[error("the config says {0}")]
    Contradiction(String),
    /// The kernels refuse the weight.
    #[error(transparent)]
    Kernel(#[from] absmax::Error),
}
