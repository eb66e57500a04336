//! The kernels. Each operation is written once, over the vocabulary of [`crate::simd`].

mod abs_max;
mod blocks;
mod check_division;
mod columns;
mod convert;
mod dequantize;
mod divide;
mod error_sums;
mod fake_quantize;
mod grid;
mod groups;
mod interleave;
mod min_max;
mod narrow;
mod pack;
mod planes;
mod quantize;
mod quantized;
mod rows;
mod step_by_step;
mod sum;

pub(crate) use abs_max::AbsMax;
pub(crate) use blocks::{LENGTHS, Traffic};
pub(crate) use check_division::CheckDivision;
pub use check_division::{SIGNIFICANDS, Tally};
pub(crate) use columns::{ColumnLimits, ColumnSums, Columns, DequantizeColumns, QuantizeColumns};
pub(crate) use dequantize::Dequantize;
pub(crate) use error_sums::{ErrorSums, Sums};
pub(crate) use fake_quantize::{FakeQuantize, FakeQuantizeInPlace};
pub(crate) use groups::{QuantizeGroups, QuantizeQ8_0};
pub(crate) use interleave::Interleave;
pub(crate) use min_max::MinMax;
pub(crate) use narrow::Narrow;
pub(crate) use pack::{Coding, Pack, Unpack};
pub(crate) use planes::{DequantizePlanes, PlaneLimits, QuantizePlanes};
pub(crate) use quantize::Quantize;
pub(crate) use quantized::Quantized;

pub(crate) use rows::{DequantizeRows, QuantizeGiven, QuantizeInt8, QuantizeRows};
