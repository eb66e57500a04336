//! The command line.

use std::path::PathBuf;

use absmax::Isa;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::ignore::IgnorePattern;
use crate::selftest;

/// Quantizes checkpoints to int8, exact to the bit on every CPU
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

    /// What to quantize weights and activations to
    #[arg(long, value_enum, default_value_t)]
    pub(crate) scheme: SchemeName,

    /// Leave a module as it is: its exact name, or a pattern that matches from the name's beginning
    #[arg(long, value_name = "NAME|re:PATTERN")]
    pub(crate) ignore: Vec<IgnorePattern>,

    /// Which weights share a scale: those of one output channel, or all of a tensor
    #[arg(long, value_enum, default_value_t)]
    pub(crate) granularity: Granularity,

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
pub(crate) struct ValuesArgs {
    /// The values
    #[arg(required = true, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) values: Vec<f32>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SchemeName {
    /// int8 weights, and int8 activations scaled token by token at run time
    #[default]
    W8a8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Granularity {
    /// One scale for each output channel
    #[default]
    Channel,
    /// One scale for the whole tensor
    Tensor,
}

/// More threads than any machine has would only run it out of memory.
fn thread_count(text: &str) -> Result<usize, String> {
    const MOST: usize = 1024;
    match text.parse() {
        Ok(threads) if threads <= MOST => Ok(threads),
        _ => Err(format!("has to be a number from 0 to {MOST}")),
    }
}
