//! Reads tensors from their files, in pieces that fit the cache, whether they are quantized or not.

mod fp8_weight;
mod integer_weight;
mod model;
mod parameters;
mod pieces;
mod place;
mod quantized_weight;
mod run_time;
mod span;

pub(crate) use model::{Stored, StoredModel};
pub(crate) use parameters::Parameters;
pub(crate) use pieces::{Buffers, Workshop};
pub(crate) use place::{Files, Place};
pub(crate) use quantized_weight::QuantizedWeight;
pub(crate) use span::{LONGEST, SLAB, Span};
