//! What runs over which values: slices in chunks, rows in groups, channels, on one thread or several.

mod channels;
mod chunks;
mod errors;
mod failure;
mod parallel;
mod rows;
mod sets;

pub(crate) use chunks::{
    abs_max, dequantize, fake_quantize, fake_quantize_in_place, limits, quantize,
};
pub(crate) use errors::error_sums;
pub(crate) use failure::not_finite;
pub(crate) use parallel::{CHUNK, fold, for_each};
pub(crate) use rows::{Groups, quantize_groups};
pub(crate) use sets::{Sets, dequantize_sets, quantize_sets, quantize_sets_with};
