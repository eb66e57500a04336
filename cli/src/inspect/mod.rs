//! `absmax inspect`: what a checkpoint holds, tensor by tensor.

mod text;

use std::collections::BTreeMap;

use anyhow::Result;
use rayon::ThreadPoolBuilder;
use safetensors::Dtype;
use serde::Serialize;

use crate::args::InspectArgs;
use crate::console::Console;
use crate::interrupt;
use absmax_checkpoint::inspect::quantization::Quantization;
use absmax_checkpoint::inspect::statistics::{Statistics, has_statistics, statistics};
use absmax_checkpoint::plan::rules::refuse_quantized;
use absmax_checkpoint::read::pieces::Workshop;
use absmax_checkpoint::read::stored::{Place, Stored, StoredModel};
use absmax_checkpoint::source::checkpoint::Checkpoint;

/// Everything about one checkpoint; with `--json`, exactly what is printed.
#[derive(Debug, Serialize)]
struct Inspection {
    source: String,
    /// What config.json says of it, where it says so.
    quantization: Option<Quantization>,
    /// In the order of the files and of their data.
    tensors: Vec<Inspected>,
    totals: Totals,
}

#[derive(Debug, Serialize)]
struct Inspected {
    name: String,
    file: String,
    shape: Vec<usize>,
    dtype: String,
    bytes: u64,
    #[serde(flatten)]
    statistics: Option<Statistics>,
}

#[derive(Debug, Serialize)]
struct Totals {
    tensors: usize,
    /// Values of the model, be they stored as they are or quantized; `None` where it is not known how
    /// many values the integers stand for.
    parameters: Option<u64>,
    bytes: u64,
    dtypes: BTreeMap<String, OfDtype>,
}

/// The tensors of one dtype.
#[derive(Debug, Default, Serialize)]
struct OfDtype {
    tensors: usize,
    /// As they are stored.
    values: u64,
    bytes: u64,
}

/// The whole command.
pub(crate) fn run(args: &InspectArgs) -> Result<()> {
    interrupt::watch()?;
    let pool = ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let checkpoint = Checkpoint::open_any(&args.path)?;
    let quantization = Quantization::of(&checkpoint)?;
    let parameters = parameters(&checkpoint, quantization.as_ref());
    let model = StoredModel::files_of(&checkpoint)?;
    let places: Vec<_> = places(&checkpoint).collect();
    let read = places.iter().filter(|(_, _, place)| has_statistics(place.dtype));
    let console = Console::new(read.map(|(_, _, place)| place.len()).sum());
    checkpoint.warnings.iter().for_each(|warning| console.warn(warning));

    let mut inspection = Inspection {
        source: checkpoint.source.display().to_string(),
        quantization,
        tensors: Vec::new(),
        totals: Totals { tensors: 0, parameters, bytes: 0, dtypes: BTreeMap::new() },
    };
    let workshop = Workshop::default();
    for (name, file, place) in places {
        let advance = |bytes| console.advance(bytes);
        let statistics = pool.install(|| statistics(&model, name, &place, &workshop, advance))?;
        inspection.add(Inspected {
            name: name.to_owned(),
            file: file.to_owned(),
            bytes: place.len(),
            dtype: place.dtype.to_string(),
            shape: place.shape,
            statistics,
        });
    }
    let json = || serde_json::to_string(&inspection);
    console.print(&if args.json { json()? } else { text::text(&inspection) })
}

impl Inspection {
    fn add(&mut self, tensor: Inspected) {
        let Totals { tensors, bytes, dtypes, .. } = &mut self.totals;
        let dtype = dtypes.entry(tensor.dtype.clone()).or_default();
        (*tensors, *bytes) = (*tensors + 1, *bytes + tensor.bytes);
        (dtype.tensors, dtype.bytes) = (dtype.tensors + 1, dtype.bytes + tensor.bytes);
        dtype.values += tensor.shape.iter().product::<usize>() as u64;
        self.tensors.push(tensor);
    }
}

/// Every tensor with its name and its file's.
fn places(checkpoint: &Checkpoint) -> impl Iterator<Item = (&str, &str, Place)> {
    checkpoint.shards.iter().enumerate().flat_map(|(i, shard)| {
        let tensors = shard.header.tensors.iter();
        tensors.map(move |tensor| (&*tensor.name, &*shard.name, Place::of(i, shard, tensor)))
    })
}

/// How many values the model has. Of quantized checkpoints only the form of compressed-tensors is known
/// well enough to tell.
fn parameters(checkpoint: &Checkpoint, quantization: Option<&Quantization>) -> Option<u64> {
    let count = |shape: &[usize]| shape.iter().product::<usize>() as u64;
    if refuse_quantized(checkpoint).is_ok() {
        return Some(places(checkpoint).map(|(_, _, place)| count(&place.shape)).sum());
    }
    if quantization.is_some_and(|quantization| !quantization.is_compressed_tensors()) {
        return None;
    }
    let model = StoredModel::of(checkpoint).ok()?;
    let mut tensors = model.tensors.values();
    // Integers without scales are those of a form that is not known.
    let is_known = |stored: &Stored| match stored {
        Stored::Quantized(_) => true,
        Stored::Plain(place) => !matches!(place.dtype, Dtype::I8 | Dtype::U8 | Dtype::I32),
    };
    tensors.all(is_known).then(|| model.tensors.values().map(|t| count(t.shape())).sum())
}
