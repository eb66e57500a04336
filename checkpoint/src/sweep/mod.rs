//! What every scheme would cost, before one is chosen.

mod candidate;
mod histogram;
mod options;
mod report;
mod run;
mod selection;
mod weight;

pub use candidate::{Candidate, Mapping};
pub use histogram::{Grid, WeightHistogram};
pub use options::SweepOptions;
pub use report::{SchemeNumbers, SweepReport, SweptTensor};
pub use run::sweep;
