//! The options of `absmax quantize`.

use std::path::PathBuf;

use absmax::{Backend, Isa, Range};
use absmax_checkpoint::{
    Choices, Clip, Experts, Granularity, ModulePattern, OnRagged, OnUnloadable, Override,
    QuantizeOptions, WeightScheme,
};
use anyhow::{Result, anyhow};
use clap::ValueEnum;
use clap::error::ErrorKind;

use crate::pool::Threads;
use crate::usage::Usage;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
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

    /// What becomes of experts that are stacked in one tensor, which no loader reads quantized:
    /// refuse the model, or keep them as they are
    #[arg(long, value_name = "refuse|keep", default_value_t)]
    pub(crate) experts: Experts,

    /// What becomes of weights that transformers is known not to load in their scheme: keep them as
    /// they are, write them for engines that load them, or auto: keep them if they are the lesser
    /// part, and refuse the model otherwise
    #[arg(long, value_name = "auto|keep|write", default_value_t)]
    pub(crate) on_unloadable: OnUnloadable,

    /// Give a module another scheme: w8a8, w8a16 or w4a16, and after commas any of tensor, channel,
    /// group=N, bits=N, asymmetric, narrow, full. The first of several that match is taken
    #[arg(long = "override", value_name = "NAME|re:PATTERN=SCHEME")]
    pub(crate) overrides: Vec<Override>,

    /// Read a source that is quantized already as the floats that it stands for, and quantize
    /// them: FP8, and int8 and int4 in the form of compressed-tensors. It loses twice
    #[arg(long)]
    pub(crate) requantize: bool,

    /// Which weights share a scale: tensor, channel (of output) or group=N (neighbours in a
    /// channel). By default channel, and group=128 of w4a16
    #[arg(long)]
    pub(crate) granularity: Option<Granularity>,

    /// What becomes of weights whose rows groups do not divide: refuse the run, keep these weights
    /// as they are, or quantize them by channel
    #[arg(long, value_name = "refuse|keep|channel", default_value_t)]
    pub(crate) on_ragged: OnRagged,

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

    /// Cut off the largest of the weights that share a scale: none of them, those above a
    /// percentile of their magnitudes (percentile=99.9), or as many as makes their squared error
    /// least (mse)
    #[arg(long, value_name = "none|percentile=P|mse", default_value_t)]
    pub(crate) clip: Clip,

    #[command(flatten)]
    pub(crate) threads: Threads,

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

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RangeName {
    Narrow,
    Full,
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

impl From<SchemeName> for absmax_checkpoint::SchemeName {
    fn from(name: SchemeName) -> Self {
        match name {
            SchemeName::W8a8 => Self::W8a8,
            SchemeName::W8a16 => Self::W8a16,
            SchemeName::W4a16 => Self::W4a16,
        }
    }
}

impl Args {
    /// The options as the library has them. Options that contradict each other are an error of
    /// usage.
    pub(super) fn options(&self) -> Result<QuantizeOptions> {
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
        let mut options = QuantizeOptions::default();
        options.scheme = WeightScheme::new(self.scheme.into(), choices)
            .map_err(|error| Usage::new(ErrorKind::ArgumentConflict, error))?;
        options.overrides.clone_from(&self.overrides);
        options.experts = self.experts;
        options.on_unloadable = self.on_unloadable;
        options.ignore.clone_from(&self.ignore);
        options.on_ragged = self.on_ragged;
        options.clip = self.clip;
        options.requantize = self.requantize;
        options.replace = self.force;
        options.backend = backend(self.isa)?;
        Ok(options)
    }
}

fn backend(isa: Option<Isa>) -> Result<Backend> {
    let Some(isa) = isa else { return Ok(Backend::best()) };
    Backend::new(isa).map_err(|error| {
        let available: Vec<_> = Backend::available().map(|b| b.isa().name()).collect();
        anyhow!("{error}: available are {}", available.join(", "))
    })
}
