//! The control: what libraries commonly do, wrong in one way for each operation. A check that does
//! not tell it from the reference proves nothing.

mod errors;
mod packed;
mod slice;
mod tensor;

pub(super) use errors::errors;
pub(super) use packed::{pack_into, unpack_into};
pub(super) use slice::{abs_max, dequantize_into, fake_quantize_into, min_max, quantize_with};
pub(super) use tensor::{dequantize_tensor, quantize_tensor};
