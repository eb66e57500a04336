//! The operations, each written once over the vocabulary of [`crate::simd`].

mod abs_max;
mod blocks;
mod check_division;
mod columns;
mod compiled;
mod dequantize;
mod divide;
mod error_sums;
mod planes;
mod quantize;
mod rows;

pub(crate) use abs_max::AbsMax;
pub(crate) use blocks::Traffic;
pub(crate) use check_division::CheckDivision;
pub(crate) use columns::{ColumnPeaks, Columns, QuantizeColumns};
pub(crate) use compiled::Compiled;
pub(crate) use dequantize::Dequantize;
pub(crate) use error_sums::{ErrorSums, Sums};
pub(crate) use planes::DequantizePlanes;
pub(crate) use planes::{PlanePeaks, QuantizePlanes};
pub(crate) use quantize::Quantize;
pub(crate) use rows::QuantizeRows;
