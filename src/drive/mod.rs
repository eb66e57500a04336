//! Drives kernels over values. Values that share a scale are taken in chunks, matrices in rows of
//! groups, and tensors channel by channel, on one thread or on several.

mod blocks;
mod channels;
mod chunks;
mod errors;
mod failure;
mod parallel;
mod rows;
mod sets;
mod tiles;

pub(crate) use blocks::{quantize_q8_0, quantize_q8_1, quantize_q8_k};
pub(crate) use chunks::{
    abs_max, dequantize, fake_quantize, fake_quantize_in_place, limits, quantize,
};
pub(crate) use errors::error_sums;
pub(crate) use failure::not_finite;
pub(crate) use parallel::{CHUNK, fold, for_each};
pub(crate) use rows::{Groups, quantize_groups, quantize_int8};
pub(crate) use sets::{Sets, dequantize_sets, quantize_sets};
pub(crate) use tiles::{By, deinterleave, interleave, quantize_padded, quantize_tiles};
