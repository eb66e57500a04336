//! What the kernels are given: elements, integers, scales, parameters, schemes, values.

mod byte;
mod element;
mod hard;
mod layout;
mod painted;
mod params;
mod scales;
mod schemes;

pub(super) use byte::Byte;
pub(super) use element::Input;
pub(super) use hard::hard_values;
pub(super) use layout::Layout;
pub(super) use painted::{between, painted, within};
pub(super) use params::{any_kind, both_ranges, every_kind, params};
pub(super) use scales::{
    end_binades, exhaustive_scales, halfway_scales, hard_scales, powers_of_two, random_scales,
};
pub(super) use schemes::{
    BITS, MAPPINGS, SCALE_TYPES, any_scheme, at_every_granularity, in_groups, mapped, scheme,
};
