//! `absmax selftest`: proves on the CPU at hand that every kernel returns the reference's bits.

mod args;
mod backends;
mod checks;
mod compare;
mod effort;
mod expected;
mod inputs;
mod naive;
mod report;
mod run;
mod session;
mod subject;

pub(crate) use args::Args;
pub(crate) use run::run;
