//! The inputs of kernels: elements, integers, scales, parameters, schemes and values.

mod blocks;
mod byte;
mod element;
mod hard;
mod layout;
mod matrix;
mod painted;
mod params;
mod scales;
mod schemes;
mod value;

pub use blocks::Blocks;
pub use byte::{Byte, Kind};
pub use element::Input;
pub use hard::hard_values;
pub use layout::BitLayout;
pub use matrix::{Matrix, Stored};
pub use painted::{between, painted, within};
pub use params::{any_kind, both_ranges, every_kind, params};
pub use scales::{
    end_binades, exhaustive_scales, halfway_scales, hard_scales, powers_of_two, random_scales,
};
pub use schemes::{
    BITS, MAPPINGS, SCALE_TYPES, any_scheme, at_every_granularity, in_groups, mapped, scheme,
};
pub use value::Value;
