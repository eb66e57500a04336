//! The command line.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use absmax::{Isa, Range};
use anyhow::Result;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::plot::PlotPath;
use crate::selftest;
use absmax_checkpoint::scheme::clip::Clip;
use absmax_checkpoint::scheme::module_pattern::ModulePattern;
use absmax_checkpoint::scheme::overrides::Override;
use absmax_checkpoint::scheme::weight_scheme::{self, Choices, Granularity, WeightScheme};

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
    Quantize(QuantizeArgs),
    /// Put a quantized checkpoint back into floating point
    Dequantize(DequantizeArgs),
    /// Compare two checkpoints, quantized or not, tensor by tensor
    Compare(CompareArgs),
    /// Show the tensors of a checkpoint, quantized or not: shapes, ranges, outliers
    ///
    /// Statistics are those of finite values; what is NaN or infinite is counted and left out. "outlier"
    /// is max |x| / mean |x|: 1 if all magnitudes are the same, 2 of uniform values around 0, about 5 to
    /// 6 of a million normal ones, and much more where a few values are far from the rest, for which a
    /// scale that they share with others is a coarse one. Tensors of integers but int8, and of floats of
    /// 8 bits and fewer, are shown without statistics. Memory does not grow with the tensors.
    Inspect(InspectArgs),
    /// Quantize a checkpoint's weights by many schemes, and show the error of each; nothing is written
    ///
    /// Every weight that `quantize` would quantize is quantized with one scale for the tensor, for each
    /// channel of output and for each group, symmetric (the default range of the bits) and asymmetric, and
    /// compared with what it was. The last group of a row may be shorter than the others.
    ///
    /// MSE is the sum of squared errors of all weights over their number, SQNR is 10 log10(sum x^2 / sum
    /// e^2) in decibels. Bits per weight count 16 for each scale and, if asymmetric, a weight's bits for
    /// each zero point; the scales that the errors come from are kept in binary32, where `quantize`
    /// rounds them to the type of the weights.
    ///
    /// A thread holds 131,072 weights at a time, or one row that has more: 9 bytes each. A PNG takes 43
    /// megabytes while it is drawn.
    Sweep(SweepArgs),
    /// Quantize the values given and print them as JSON
    Values(ValuesArgs),
    /// Make a small model, quantize it and check the result: no arguments, no network
    Demo,
    /// Prove the bits on this CPU
    Selftest(selftest::Args),
}

#[derive(Debug, Default, Args)]
pub(crate) struct QuantizeArgs {
    /// A model directory (config.json and safetensors files), or one safetensors file
    #[arg(value_name = "SRC")]
    pub(crate) source: PathBuf,

    /// The directory to make
    #[arg(short, long, value_name = "OUT", required_unless_present = "dry_run")]
    pub(crate) output: Option<PathBuf>,

    /// Bits of weights and activations
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scheme: SchemeName,

    /// Leave a module as it is: its exact name, or a pattern that matches from the name's beginning
    #[arg(long, value_name = "NAME|re:PATTERN")]
    pub(crate) ignore: Vec<ModulePattern>,

    /// Give a module another scheme: w8a8, w8a16 or w4a16, and after commas any of tensor, channel,
    /// group=N, bits=N, asymmetric, narrow, full. The first of several that match is taken
    #[arg(long = "override", value_name = "NAME|re:PATTERN=SCHEME")]
    pub(crate) overrides: Vec<Override>,

    /// Which weights share a scale: tensor, channel (of output) or group=N (neighbours in a channel).
    /// By default channel, and group=128 of w4a16
    #[arg(long)]
    pub(crate) granularity: Option<Granularity>,

    /// Use so many bits of those that a weight is stored in
    #[arg(long, value_name = "N")]
    pub(crate) bits: Option<u8>,

    /// Use 7 of the 8 bits of a weight, for CPUs whose int8 products saturate
    #[arg(long, conflicts_with = "bits")]
    pub(crate) reduce_range: bool,

    /// Lay the range from the least to the largest weight over the integers, with a zero point
    #[arg(long)]
    pub(crate) asymmetric: bool,

    /// The integers of symmetric weights: narrow, [-127, 127] of 8 bits, or full, [-128, 127]. By
    /// default narrow, and full at 4 bits and fewer
    #[arg(long, value_enum, conflicts_with = "asymmetric")]
    pub(crate) range: Option<RangeName>,

    /// Cut off the largest of the weights that share a scale: none of them, those above a percentile of
    /// their magnitudes (percentile=99.9), or as many as makes their squared error least (mse)
    #[arg(long, value_name = "none|percentile=P|mse", default_value_t)]
    pub(crate) clip: Clip,

    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count)]
    pub(crate) threads: usize,

    /// The instruction set: portable, avx2, avx512 or neon; by default the best that the CPU has.
    /// The result does not depend on it
    #[arg(long, value_name = "NAME")]
    pub(crate) isa: Option<Isa>,

    /// Show what would be done, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Let OUT exist: files of the same names are replaced
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DequantizeArgs {
    /// A directory that holds a quantized model in the form of compressed-tensors
    #[arg(value_name = "SRC")]
    pub(crate) source: PathBuf,

    /// The directory to make
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,

    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count)]
    pub(crate) threads: usize,

    /// Let OUT exist: files of the same names are replaced
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// What the other is compared with: a model directory or one safetensors file
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,

    /// The other. Errors are those of its values, or of the products of its integers and scales
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,

    /// Exit with 1 if a tensor's signal to quantization noise ratio is below so many decibels, or if a
    /// tensor of A is not in B or of a type that cannot be compared, and different
    #[arg(long, value_name = "DB", value_parser = decibels, allow_negative_numbers = true)]
    pub(crate) fail_below: Option<f64>,

    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count)]
    pub(crate) threads: usize,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A model directory or one safetensors file
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count)]
    pub(crate) threads: usize,

    /// Print one JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    /// A model directory (config.json and safetensors files), or one safetensors file
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// Bits to try, of 2 to 8
    #[arg(
        long,
        value_name = "N,..",
        value_delimiter = ',',
        default_value = "4,6,8",
        value_parser = clap::value_parser!(u8).range(2..=8)
    )]
    pub(crate) bits: Vec<u8>,

    /// Sizes of groups to try, at most eight
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_value = "128,32")]
    pub(crate) group_size: Vec<NonZeroUsize>,

    /// Leave a module out: its exact name, or a pattern that matches from the name's beginning
    #[arg(long, value_name = "NAME|re:PATTERN")]
    pub(crate) ignore: Vec<ModulePattern>,

    /// Try one weight alone, by the name of its tensor
    #[arg(long, value_name = "NAME")]
    pub(crate) tensor: Option<String>,

    /// Draw SQNR against bits per weight; with --tensor, the histogram of the tensor's values and the
    /// grids that they are rounded to. An existing file is replaced
    #[arg(long, value_name = "OUT.svg|OUT.png", value_parser = plot_path())]
    pub(crate) plot: Vec<PlotPath>,

    /// The number of threads; 0 stands for all. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = thread_count)]
    pub(crate) threads: usize,

    /// Print one JSON object instead of text, with the errors of every tensor
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ValuesArgs {
    /// The values
    #[arg(required = true, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) values: Vec<f32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RangeName {
    Narrow,
    Full,
}

impl QuantizeArgs {
    /// What weights become that no `--override` matches. Options that contradict each other are a
    /// usage error, which ends the process.
    pub(crate) fn weight_scheme(&self) -> WeightScheme {
        let range = self.range.map(|range| match range {
            RangeName::Narrow => Range::Narrow,
            RangeName::Full => Range::Full,
        });
        let choices = Choices {
            granularity: self.granularity,
            bits: self.bits.or(self.reduce_range.then_some(7)),
            range,
            asymmetric: self.asymmetric,
        };
        let usage = |error| Cli::command().error(ErrorKind::ArgumentConflict, error).exit();
        WeightScheme::new(self.scheme.into(), choices).unwrap_or_else(usage)
    }
}

impl SweepArgs {
    /// The sizes of groups, the largest first, each once. More than a picture has room for is a usage
    /// error, which ends the process.
    pub(crate) fn group_sizes(&self) -> Vec<usize> {
        const MOST: usize = 8;
        let sizes: BTreeSet<usize> = self.group_size.iter().map(|size| size.get()).collect();
        if sizes.len() > MOST {
            let message = format!("--group-size: {} sizes, where {MOST} are the most", sizes.len());
            Cli::command().error(ErrorKind::TooManyValues, message).exit();
        }
        sizes.into_iter().rev().collect()
    }
}

/// Any path, of UTF-8 or not.
fn plot_path() -> impl TypedValueParser<Value = PlotPath> {
    OsStringValueParser::new().try_map(PlotPath::try_from)
}

fn decibels(text: &str) -> Result<f64, String> {
    let finite = text.parse().ok().filter(|decibels: &f64| decibels.is_finite());
    finite.ok_or_else(|| "has to be a finite number".to_owned())
}

/// More threads than any machine has would only run it out of memory.
fn thread_count(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    match text.parse() {
        Ok(threads) if threads <= MOST => Ok(threads),
        _ => Err(format!("has to be a number from 0 to {MOST}")),
    }
}

/// The schemes by the names that engines know them by: bits of weights and of activations.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum SchemeName {
    /// int8 weights, and int8 activations scaled token by token at run time
    #[default]
    W8a8,
    /// int8 weights in 32-bit words; activations stay as they are
    W8a16,
    /// int4 weights, eight in a 32-bit word; activations stay as they are
    W4a16,
}

impl From<SchemeName> for weight_scheme::SchemeName {
    fn from(name: SchemeName) -> Self {
        match name {
            SchemeName::W8a8 => Self::W8a8,
            SchemeName::W8a16 => Self::W8a16,
            SchemeName::W4a16 => Self::W4a16,
        }
    }
}
