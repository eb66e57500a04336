//! The operations that are measured, and who takes part in each.
//!
//! `names`, `run`, `answers` and `tensor` are what the operations share. `operation` lists them.

mod abs_max;
mod affine;
mod answers;
mod arithmetics;
mod bf16;
mod blocks;
mod columns;
mod dequantize;
mod groups;
pub(crate) mod names;
mod operation;
mod packed;
mod product_rows;
mod quantize;
mod quantize_with;
mod run;
mod tensor;

pub(crate) use operation::Operation;
pub(crate) use run::Run;
pub(crate) use tensor::ROW;
