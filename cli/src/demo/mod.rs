//! `absmax demo`: a small model made, quantized and checked.

mod check;
mod model;
mod names;
mod run;

pub(crate) use run::run;
