//! `absmax inspect` shows what a checkpoint holds, tensor by tensor.

mod run;
mod text;

pub(crate) use run::{Args, run};
