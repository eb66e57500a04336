//! What the kernels are given: elements, scales, values.

mod element;
mod hard;
mod painted;
mod scales;

pub(super) use element::Input;
pub(super) use hard::hard_values;
pub(super) use painted::{painted, within};
pub(super) use scales::{
    end_binades, exhaustive_scales, hard_scales, powers_of_two, random_scales,
};
