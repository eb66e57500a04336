//! `absmax selftest` proves on the CPU at hand that every kernel returns the reference's bits. The
//! crate `absmax_proof` has what is tried. The arguments, the bar and the text are here.

mod args;
mod bar;
mod run;
mod table;

pub(crate) use args::Args;
pub(crate) use run::run;
