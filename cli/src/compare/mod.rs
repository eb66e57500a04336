//! `absmax compare` shows how far two checkpoints are from each other, tensor by tensor.

mod run;
mod text;

pub(crate) use run::{Args, run};
