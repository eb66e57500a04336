//! Reads tensors from their files, in pieces that fit the cache, whether they are quantized or not.

mod model;
mod pieces;
mod place;
mod quantized_weight;
mod span;

pub(crate) use model::{Stored, StoredModel};
pub(crate) use pieces::{Buffers, Workshop};
pub(crate) use place::{Files, Place};
pub(crate) use quantized_weight::{Parameters, QuantizedWeight};
pub(crate) use span::{LONGEST, SLAB, Span};
