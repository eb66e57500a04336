//! Quantizes checkpoints.

mod architecture;
mod compare;
mod control;
mod dequantize;
mod error;
mod format;
mod inspect;
mod plan;
mod quantize;
mod read;
mod report;
mod scheme;
mod source;
mod sweep;
mod write;

pub use compare::{CompareOptions, CompareReport, ComparedBytes, ComparedTensor, compare};
pub use control::{Control, Event, Progress};
pub use dequantize::{DequantizeOptions, DequantizeReport, dequantize};
pub use error::{Error, HeaderError, Result, WeightError};
pub use inspect::{
    DtypeTotals, Group, GroupArguments, InspectOptions, InspectReport, InspectedTensor,
    Quantization, Statistics, Totals, inspect,
};
pub use quantize::{
    Outcome, QuantizeOptions, QuantizeReport, WorstTensor, plan_quantize, quantize,
};
pub use report::{ErrorNumbers, LeftOut, Reason, TensorReport, Warning, WrittenFile};
pub use scheme::{
    Choices, Clip, Granularity, InvalidOption, ModulePattern, Override, SchemeName, WeightScheme,
};
pub use sweep::{
    Candidate, Grid, Mapping, SchemeNumbers, SweepOptions, SweepReport, SweptTensor,
    WeightHistogram, sweep,
};
