//! `absmax sweep` shows what every scheme would cost, before one is chosen.

mod args;
mod curves;
mod grids;
mod run;
mod text;

pub(crate) use args::Args;
pub(crate) use run::run;
