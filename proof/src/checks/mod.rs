//! The checks. Each has a name and says what it tries, and an effort says which of them are run.

mod arithmetic;
mod check;
mod conversions;
mod division;
mod errors;
mod every_f32;
mod hard_values;
mod huge_tensors;
mod lengths;
mod list;
mod not_finite;
mod packing;
mod random_bits;
mod rows;
mod sixteen_bits;
mod tensors;
mod threads;
mod tiles;

pub use arithmetic::CHECK as ARITHMETIC;
pub use check::Check;
pub use conversions::CHECK as CONVERSIONS;
pub use division::{Division, divisions};
pub use errors::CHECK as ERRORS;
pub use every_f32::CHECK as EVERY_F32;
pub use hard_values::CHECK as HARD_VALUES;
pub use huge_tensors::CHECK as HUGE_TENSORS;
pub use lengths::CHECK as LENGTHS;
pub use list::of;
pub use not_finite::CHECK as NOT_FINITE;
pub use packing::CHECK as PACKING;
pub use random_bits::CHECK as RANDOM_BITS;
pub use rows::CHECK as ROWS;
pub use sixteen_bits::CHECK as SIXTEEN_BITS;
pub use tensors::CHECK as TENSORS;
pub use threads::CHECK as THREADS;
pub use tiles::CHECK as TILES;
