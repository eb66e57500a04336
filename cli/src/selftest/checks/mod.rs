//! The checks: what is tried.

mod check;
mod division;
mod errors;
mod every_f32;
mod hard_values;
mod huge_tensors;
mod lengths;
mod not_finite;
mod packing;
mod random_bits;
mod sixteen_bits;
mod tensors;
mod threads;

pub(super) use check::{Check, checks};
pub(super) use division::{Division, divisions};
