//! What the reference says: one element after another, in the plainest way.

mod errors;
mod packed;
mod tensor;

pub(super) use errors::{Errors, Sums, errors, products};
pub(super) use packed::{offset, pack, signed, unpack};
pub(super) use tensor::{
    Quantized, dequantize, dequantize_tensor, fake_quantize, quantize, quantize_tensor,
    quantize_with, set_count, sets,
};
