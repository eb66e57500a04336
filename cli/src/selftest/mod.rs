//! `absmax selftest`: proves on the CPU at hand that every kernel returns the reference's bits. What is
//! tried stands in `absmax_proof`; here are the arguments, the bar and the text.

mod args;
mod bar;
mod run;
mod table;

pub(crate) use args::Args;
pub(crate) use run::run;
