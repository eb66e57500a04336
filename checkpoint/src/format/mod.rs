//! The formats on disk: safetensors files, their index, config.json, and the form of quantized
//! weights.

mod compressed_tensors;
mod config;
mod file;
mod header;
mod index;
mod json;
mod layout;
pub(crate) mod names;
mod object_text;
mod parts;
mod zero_points;

pub(crate) use compressed_tensors::{
    QuantizationConfig, StoredGroups, StoredWeights, quantized_config, stored_groups,
};
pub(crate) use config::Config;
pub(crate) use file::{read_exact_at, write_all_at};
pub(crate) use header::{Header, Tensor};
pub(crate) use index::Index;
pub(crate) use layout::{Entry, Layout};
pub(crate) use parts::Parts;
pub(crate) use zero_points::{stored_zero_points, unpacked_zero_points};
