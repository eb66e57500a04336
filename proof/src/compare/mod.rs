//! Runs every subject on the same input, and compares the results with what the reference says.
//!
//! A [`Board`] has one method for each operation that is compared, and counts what differs. Inputs
//! and outputs are [`Placed`] at a chosen distance from a cache line. On either side of them are
//! guards, to which nothing may be written.

mod arithmetic;
mod board;
mod conversions;
mod dequantize;
mod errors;
mod kernel;
mod limits;
mod mismatch;
mod outcome;
mod own_scale;
mod packed;
mod placed;
mod sums;
mod tally;
mod tensor;
mod tiles;
mod with_params;

pub use board::Board;
pub use kernel::Kernel;
pub use mismatch::Mismatch;
pub use outcome::{Counts, KernelCounts, Outcome};
pub use placed::Placed;
pub use tally::Tally;
