//! Finds out what every scheme would cost, before one is chosen.

mod candidate;
mod histogram;
mod options;
mod report;
mod run;
mod selection;
mod total;
mod weight;

pub use candidate::{Candidate, Mapping};
pub use options::SweepOptions;
pub use report::{Grid, SchemeNumbers, SweepReport, SweptTensor, WeightHistogram};
pub use run::sweep;
