//! Opens a checkpoint as it is found: its files, their headers and its config.

mod checkpoint;
mod files;
mod foreign;
mod methods;
mod model;
mod pointers;
mod quantized;
mod weights;

pub(crate) use checkpoint::{Checkpoint, Shard};
pub(crate) use model::open_model;
pub(crate) use quantized::refuse_quantized;
