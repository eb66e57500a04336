//! Running every subject on the same input and comparing with what the reference says.

mod board;
mod dequantize;
mod errors;
mod kernel;
mod limits;
mod mismatch;
mod own_scale;
mod packed;
mod placed;
mod tally;
mod tensor;
mod value;
mod with_params;

pub(super) use board::Board;
pub(super) use kernel::Kernel;
pub(super) use mismatch::Mismatch;
pub(super) use placed::Placed;
pub(super) use tally::Tally;
pub(super) use value::Value;
