//! `absmax quantize` quantizes a checkpoint into a compressed-tensors directory.

mod args;
mod json;
mod run;
mod text;

pub(crate) use args::Args;
pub(crate) use run::run;
