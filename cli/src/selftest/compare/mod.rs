//! Running every subject on the same input and comparing with what the reference says.

mod abs_max;
mod board;
mod dequantize;
mod kernel;
mod mismatch;
mod output;
mod own_scale;
mod placed;
mod quantize_with;
mod tally;

pub(super) use board::Board;
pub(super) use kernel::Kernel;
pub(super) use mismatch::Mismatch;
pub(super) use placed::Placed;
pub(super) use quantize_with::both_ranges;
pub(super) use tally::Tally;
