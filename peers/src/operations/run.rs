//! What is measured, and what the measurements of all operations share.

use std::fmt;

use absmax::{Backend, QuantParams, reference};
use clap::ValueEnum;

use super::{abs_max, affine, dequantize, quantize, quantize_with, schemes};
use crate::args::Args;
use crate::buffer::{Buffer, copies};
use crate::clock::Clock;
use crate::contender::Contender;
use crate::measure::{Timings, interleave};

/// The names by which the marks find their rows.
pub(crate) const ABSMAX: &str = "absmax";
pub(crate) const ABSMAX_AVX2: &str = "absmax, avx2";
pub(crate) const RTEN: &str = "rten-vecmath";
pub(crate) const VDIVPS_512: &str = "vdivps loop, AVX-512";
pub(crate) const VDIVPS_256: &str = "vdivps loop, AVX2";
pub(crate) const PLAIN: &str = "plain loop";

pub(crate) const Q8_0: &str = "candle-core Q8_0";
pub(crate) const ROWS: &str = "absmax, each row";
pub(crate) const INT8: &str = "absmax, int8";
pub(crate) const WIDE: &str = "absmax, f32";

/// The length of a row: a token's activations.
pub(crate) const ROW: usize = 4096;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    AbsMax,
    QuantizeWith,
    Quantize,
    QuantizeRows,
    Groups,
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
            Self::Groups => "abs-max, then quantize, each group of 32",
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
    pub(crate) const ALL: [Self; 11] = [
        Self::AbsMax,
        Self::QuantizeWith,
        Self::Quantize,
        Self::QuantizeRows,
        Self::Groups,
        Self::AffineWith,
        Self::Affine,
        Self::Columns,
        Self::Packed,
        Self::Bf16,
        Self::Dequantize,
    ];

    /// Checks and times everybody at one size.
    pub(crate) fn measure(self, elements: usize, args: &Args) -> anyhow::Result<Timings> {
        let run = Run { inputs: inputs(elements, args.offset), args };
        match self {
            Self::AbsMax => abs_max::measure(&run),
            Self::QuantizeWith => quantize_with::measure(&run),
            Self::Quantize => quantize::measure(&run, elements),
            Self::QuantizeRows => quantize::measure(&run, ROW),
            Self::Groups => schemes::groups(&run),
            Self::AffineWith => affine::measure(&run, true),
            Self::Affine => affine::measure(&run, false),
            Self::Columns => schemes::columns(&run),
            Self::Packed => schemes::packed(&run),
            Self::Bf16 => schemes::narrow(&run),
            Self::Dequantize => dequantize::measure(&run),
        }
    }
}

/// The same values in every copy, about normal: the sum of four uniform ones.
fn inputs(elements: usize, offset: usize) -> Vec<Buffer<f32>> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut first = Buffer::new(elements, 0.0, offset);
    for x in first.iter_mut() {
        *x = random.f32() + random.f32() + random.f32() + random.f32() - 2.0;
    }
    let mut inputs = vec![first];
    for _ in 1..copies(elements, elements * size_of::<f32>()) {
        inputs.push(Buffer::copy(&inputs[0], offset));
    }
    inputs
}

/// One operation at one size.
pub(super) struct Run<'a> {
    /// Copies of one tensor, which the calls go round.
    pub(super) inputs: Vec<Buffer<f32>>,
    pub(super) args: &'a Args,
}

impl Run<'_> {
    pub(super) fn elements(&self) -> usize {
        self.inputs[0].len()
    }

    /// absmax on the best backend, and on the others that were asked for and that the CPU has.
    pub(super) fn backends(&self) -> Vec<(String, Backend)> {
        let others = self.args.isas.iter().filter_map(|&isa| Backend::new(isa));
        let others = others.map(|backend| (format!("{ABSMAX}, {}", backend.isa()), backend));
        let all = std::iter::once((ABSMAX.to_owned(), Backend::best())).chain(others);
        all.map(|(name, backend)| (name, backend.threads(self.args.threads))).collect()
    }

    /// A buffer for results. The contenders of one type share one.
    pub(super) fn buffer<T: Clone>(&self, value: T) -> Buffer<T> {
        Buffer::new(self.elements(), value, self.args.offset)
    }

    /// Times them on so many copies of their input.
    pub(super) fn interleave(&self, copies: usize, contenders: Vec<Contender<'_>>) -> Timings {
        let clock = Clock::new(self.args.threads);
        interleave(self.elements(), copies, contenders, clock, self.args.seconds)
    }
}

/// The scale that a tensor's own range gives.
pub(super) fn scale_of(x: &[f32]) -> f32 {
    reference::abs_max(x) / 127.0
}

/// What every value has to become.
pub(super) fn right(x: &[f32], scale: f32) -> anyhow::Result<Vec<i8>> {
    let params = QuantParams::symmetric(scale)?;
    Ok(x.iter().map(|&x| reference::quantize_one(x, params) as i8).collect())
}
