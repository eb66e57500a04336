//! The command line, and which commands there are.

use clap::{Parser, Subcommand};

use crate::{compare, dequantize, inspect, quantize, selftest, sweep, values};

/// Quantizes checkpoints to int8 and int4, exact to the bit on every CPU
#[derive(Debug, Parser)]
#[command(name = "absmax", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Quantize a checkpoint into a compressed-tensors directory
    Quantize(quantize::Args),
    /// Put a quantized checkpoint back into floating point
    Dequantize(dequantize::Args),
    /// Compare two checkpoints, quantized or not, tensor by tensor
    Compare(compare::Args),
    /// Show the tensors of a checkpoint, quantized or not: shapes, ranges, outliers
    ///
    /// Statistics are those of finite values; what is NaN or infinite is counted and left out.
    /// "outlier" is max |x| / mean |x|: 1 if all magnitudes are the same, 2 of uniform values
    /// around 0, about 5 to 6 of a million normal ones, and much more where a few values are far
    /// from the rest, for which a scale that they share with others is a coarse one. Tensors of
    /// integers but int8, and of floats of 8 bits and fewer, are shown without statistics. Memory
    /// does not grow with the tensors.
    Inspect(inspect::Args),
    /// Quantize a checkpoint's weights by many schemes, and show the error of each; nothing is
    /// written
    ///
    /// Every weight that `quantize` would quantize is quantized with one scale for the tensor, for
    /// each channel of output and for each group, symmetric (the default range of the bits) and
    /// asymmetric, and compared with what it was. The last group of a row may be shorter than the
    /// others.
    ///
    /// MSE is the sum of squared errors of all weights over their number, SQNR is 10 log10(sum x^2
    /// / sum e^2) in decibels. Bits per weight count 16 for each scale and, if asymmetric, a
    /// weight's bits for each zero point; the scales that the errors come from are kept in
    /// binary32, where `quantize` rounds them to the type of the weights.
    ///
    /// A thread holds 131,072 weights at a time, or one row that has more: 9 bytes each. A PNG
    /// takes 43 megabytes while it is drawn.
    Sweep(sweep::Args),
    /// Quantize the values given and print them as JSON
    Values(values::Args),
    /// Make a small model, quantize it and check the result: no arguments, no network
    Demo,
    /// Prove the bits on this CPU
    Selftest(selftest::Args),
}
