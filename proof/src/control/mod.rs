//! The control, which does what libraries commonly do. It is wrong in one way for each operation,
//! and a check that does not tell it from the reference proves nothing.
//!
//! - A floating-point maximum loses a NaN.
//! - The product with 1 / scale is not the quotient by the scale, nor the other way round.
//! - Multiplying by the reciprocal of a scale in two parts is not dividing, if the second part is a
//!   product.
//! - Rounding after the zero point was added is not rounding before.
//! - Of several values that are not finite, the last is named instead of the first.
//! - The first integer is packed into the highest bits.
//! - A sum from the first value to the last is not the sum in blocks.
//! - A sum of 16 bits is not the sum, and a sum of rounded products is not the product of the sum.
//! - Exact integers are not those of another program.
//! - Scales are rounded to the nearest where that is zero, and subnormal numbers are lost.

mod arithmetic;
mod conversions;
mod division;
mod errors;
mod packed;
mod slice;
mod sums;
mod tensor;

pub(crate) use arithmetic::{blocks, quantize_rows_by};
pub(crate) use conversions::{narrow, params, round, widen};
pub use division::reciprocal;
pub(crate) use errors::errors;
pub(crate) use packed::{pack_into, unpack_into};
pub(crate) use slice::{abs_max, dequantize_into, fake_quantize_into, min_max, quantize_with};
pub(crate) use sums::sums;
pub(crate) use tensor::{dequantize_tensor, quantize_tensor, quantize_tensor_with};
