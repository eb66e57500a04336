//! `absmax demo` makes a small model, quantizes it and checks it.

mod check;
mod model;
mod names;
mod run;

pub(crate) use run::run;
