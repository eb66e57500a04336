//! The options of `absmax sweep`.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use absmax_checkpoint::{ModulePattern, SweepOptions};
use anyhow::Result;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;

use crate::plot::PlotPath;
use crate::pool::Threads;
use crate::usage::Usage;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
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

    /// Draw SQNR against bits per weight; with --tensor, the histogram of the tensor's values and
    /// the grids that they are rounded to. An existing file is replaced
    #[arg(long, value_name = "OUT.svg|OUT.png", value_parser = plot_path())]
    pub(crate) plot: Vec<PlotPath>,

    #[command(flatten)]
    pub(crate) threads: Threads,

    /// Print one JSON object instead of text, with the errors of every tensor
    #[arg(long)]
    pub(crate) json: bool,
}

impl Args {
    /// The options as the library has them. More sizes of groups than a picture has room for are an
    /// error of usage.
    pub(super) fn options(&self) -> Result<SweepOptions> {
        const MOST: usize = 8;
        let sizes: BTreeSet<usize> = self.group_size.iter().map(|size| size.get()).collect();
        if sizes.len() > MOST {
            let text = format!("--group-size: {} sizes, where {MOST} are the most", sizes.len());
            return Err(Usage::new(ErrorKind::TooManyValues, text).into());
        }
        let mut options = SweepOptions::default();
        options.bits.clone_from(&self.bits);
        options.group_sizes = sizes.into_iter().collect();
        options.ignore.clone_from(&self.ignore);
        options.tensor.clone_from(&self.tensor);
        options.histogram = self.tensor.is_some() && !self.plot.is_empty();
        Ok(options)
    }
}

/// Any path, of UTF-8 or not.
fn plot_path() -> impl TypedValueParser<Value = PlotPath> {
    OsStringValueParser::new().try_map(PlotPath::try_from)
}
