//! Looks at what a checkpoint holds.

mod options;
mod quantization;
mod report;
mod run;
mod statistics;

pub use options::InspectOptions;
pub use quantization::{Group, GroupArguments, Quantization};
pub use report::{DtypeTotals, InspectReport, InspectedTensor, Totals};
pub use run::inspect;
pub use statistics::Statistics;
