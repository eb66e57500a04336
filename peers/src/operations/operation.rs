//! The operations that can be measured, and which file measures each.

use std::fmt;

use clap::ValueEnum;

use super::run::Run;
use super::tensor::ROW;
use super::{
    abs_max, affine, arithmetics, bf16, blocks, columns, dequantize, groups, packed, product_rows,
    quantize, quantize_with,
};
use crate::measure::Timings;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    AbsMax,
    QuantizeWith,
    Quantize,
    QuantizeRows,
    ProductRows,
    Groups,
    Blocks,
    Arithmetics,
    AffineWith,
    Affine,
    Columns,
    Packed,
    Bf16,
    Dequantize,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AbsMax => "abs-max (rten: min and max)",
            Self::QuantizeWith => "quantize with a given scale, all checks on",
            Self::Quantize => "abs-max, then quantize",
            Self::QuantizeRows => "abs-max, then quantize, each row of 4096",
            Self::ProductRows => "the same, with what integer products need",
            Self::Groups => "abs-max, then quantize, each group of 32",
            Self::Blocks => "abs-max, then quantize to blocks q8_0",
            Self::Arithmetics => "quantize each row of 4096, by the arithmetic of other programs",
            Self::AffineWith => "quantize to affine u8 with given parameters",
            Self::Affine => "min and max, then quantize to affine u8",
            Self::Columns => "abs-max, then quantize, each column of a matrix 4096 wide",
            Self::Packed => "abs-max, then quantize to int4 and pack, each row of 4096",
            Self::Bf16 => "abs-max, then quantize, of bf16 (GB/s as if of f32)",
            Self::Dequantize => "dequantize",
        })
    }
}

impl Operation {
    /// Every operation, in the order of the tables.
    pub(crate) const ALL: [Self; 14] = [
        Self::AbsMax,
        Self::QuantizeWith,
        Self::Quantize,
        Self::QuantizeRows,
        Self::ProductRows,
        Self::Groups,
        Self::Blocks,
        Self::Arithmetics,
        Self::AffineWith,
        Self::Affine,
        Self::Columns,
        Self::Packed,
        Self::Bf16,
        Self::Dequantize,
    ];

    /// Checks and times all contenders at one size.
    pub(crate) fn measure(self, run: &Run<'_>) -> anyhow::Result<Timings> {
        match self {
            Self::AbsMax => abs_max::measure(run),
            Self::QuantizeWith => quantize_with::measure(run),
            Self::Quantize => quantize::measure(run, run.elements()),
            Self::QuantizeRows => quantize::measure(run, ROW),
            Self::ProductRows => product_rows::measure(run),
            Self::Groups => groups::measure(run),
            Self::Blocks => blocks::measure(run),
            Self::Arithmetics => arithmetics::measure(run),
            Self::AffineWith => affine::measure(run, true),
            Self::Affine => affine::measure(run, false),
            Self::Columns => columns::measure(run),
            Self::Packed => packed::measure(run),
            Self::Bf16 => bf16::measure(run),
            Self::Dequantize => dequantize::measure(run),
        }
    }
}
