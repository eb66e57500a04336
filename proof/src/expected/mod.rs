//! The naive answers: what the reference says, one element after another, in the plainest way.
//!
//! ```
//! use absmax::Scheme;
//! use absmax_proof::expected;
//!
//! let quantized = expected::quantize_tensor::<f32, i8>(&[1.0, -2.0], &[2, 1], Scheme::int8().per_channel(0))?;
//! assert_eq!((quantized.q, quantized.scales), (vec![127, -127], vec![1.0 / 127.0, 2.0 / 127.0]));
//! # Ok::<(), absmax::Error>(())
//! ```

mod arithmetic;
mod errors;
mod packed;
mod tensor;
mod tiles;

pub use arithmetic::{blocks, quantize_rows_by};
pub use errors::{Errors, Sums, errors, products};
pub use packed::{offset, pack, signed, unpack};
pub use tensor::{
    Quantized, dequantize, dequantize_tensor, fake_quantize, is_symmetric, params, quantize,
    quantize_tensor, quantize_tensor_with, quantize_with, set_count, sets, sums,
};
pub use tiles::tiles;
