//! `absmax dequantize`: a quantized checkpoint back to floating point.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use absmax::{Backend, Element};
use anyhow::{Context as _, Result, bail, ensure};
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use rayon::ThreadPoolBuilder;
use safetensors::Dtype;

use crate::args::DequantizeArgs;
use crate::console::Console;
use crate::interrupt;
use crate::text::{grouped, overflow};
use absmax_checkpoint::format::layout::{Entry, Layout};
use absmax_checkpoint::format::positioned::write_all_at;
use absmax_checkpoint::read::pieces::Workshop;
use absmax_checkpoint::read::stored::{QuantizedWeight, Stored, StoredModel};
use absmax_checkpoint::source::checkpoint::Checkpoint;
use absmax_checkpoint::source::files::CONFIG;
use absmax_checkpoint::write::destination::Destination;
use absmax_checkpoint::write::stage::Stage;

/// Bytes copied at a time.
const PIECE: usize = 1 << 20;

/// One file of weights to be written.
struct Shard {
    name: String,
    layout: Layout,
    tensors: Vec<String>,
}

/// The whole command.
pub(crate) fn run(args: &DequantizeArgs) -> Result<()> {
    interrupt::watch()?;
    let pool = ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let checkpoint = Checkpoint::open(&args.source)?;
    let model = StoredModel::of(&checkpoint)?;
    let quantized = model.tensors.values().filter(|t| matches!(t, Stored::Quantized(_))).count();
    ensure!(
        quantized > 0,
        "{} holds no weight that is quantized in the form of compressed-tensors",
        args.source.display()
    );
    let shards = shards(&checkpoint, &model)?;
    let names = shards.iter().map(|shard| PathBuf::from(&shard.name));
    let index = checkpoint.index.as_ref().map(|index| PathBuf::from(&index.name));
    let others = checkpoint.others.iter().cloned();
    let names: Vec<PathBuf> = names.chain(index).chain(others).chain([CONFIG.into()]).collect();
    let destination = Destination::check(&args.output, &checkpoint.source, &names, args.force)?;

    let total = shards.iter().map(|shard| shard.layout.data_len).sum();
    let console = Console::new(total);
    pool.install(|| write(checkpoint, &model, &shards, &destination, &console))?;
    let output = args.output.display();
    let text = format!(
        "dequantized {quantized} of {} tensors: weight files of {} bytes in {output}",
        model.tensors.len(),
        grouped(shards.iter().map(|shard| shard.layout.file_len()).sum()),
    );
    console.print(&text).with_context(|| format!("{output} is complete"))
}

/// The files of the source, with every quantized weight in that of its scales.
fn shards(checkpoint: &Checkpoint, model: &StoredModel) -> Result<Vec<Shard>> {
    let mut entries: Vec<Vec<Entry>> = checkpoint.shards.iter().map(|_| Vec::new()).collect();
    for (name, stored) in &model.tensors {
        let (dtype, shape) = (stored.dtype(), stored.shape().to_vec());
        entries[stored.shard()].push(Entry { name: name.clone(), dtype, shape });
    }
    let shards = checkpoint.shards.iter().zip(entries).map(|(shard, entries)| {
        let tensors = entries.iter().map(|entry| entry.name.clone()).collect();
        let layout = Layout::new(entries, &shard.header.metadata)?;
        Ok(Shard { name: shard.name.clone(), layout, tensors })
    });
    shards.collect()
}

fn write(
    checkpoint: Checkpoint,
    model: &StoredModel,
    shards: &[Shard],
    destination: &Destination,
    console: &Console,
) -> Result<()> {
    let mut stage = Stage::new(destination)?;
    let workshop = Workshop::default();
    let mut weight_map = BTreeMap::new();
    for Shard { name, layout, tensors } in shards {
        let draft = stage.draft(name.as_ref())?;
        write_all_at(draft.file(), &layout.head, 0)?;
        for tensor in tensors {
            let (stored, to) = (&model.tensors[tensor], layout.places[tensor]);
            let finite = write_tensor(model, stored, draft.file(), to, &workshop, console)
                .with_context(|| format!("tensor {tensor}"))?;
            if !finite {
                console.warn(&overflow(tensor, &stored.dtype().to_string()));
            }
            weight_map.insert(tensor.clone(), name.clone());
        }
        stage.add(draft)?;
    }
    if let Some(index) = checkpoint.index {
        let draft = stage.draft(index.name.as_ref())?;
        let total = shards.iter().map(|shard| shard.layout.data_len).sum();
        draft.write_all(index.rewritten(weight_map, total)?.as_bytes())?;
        stage.add(draft)?;
    }
    for other in &checkpoint.others {
        let draft = stage.draft(other)?;
        draft.copy(&checkpoint.directory.join(other))?;
        stage.add(draft)?;
    }
    let draft = stage.draft(CONFIG.as_ref())?;
    draft.write_all(checkpoint.config.dequantized()?.as_bytes())?;
    stage.add(draft)?;
    interrupt::check()?;
    stage.commit()
}

/// Returns whether all values that were computed are finite.
fn write_tensor(
    model: &StoredModel,
    stored: &Stored,
    output: &File,
    to: u64,
    workshop: &Workshop,
    console: &Console,
) -> Result<bool> {
    match stored {
        Stored::Plain(place) => {
            let len = place.len() as usize;
            workshop.run((0..len).step_by(PIECE), |start, buffers| {
                let bytes = start..len.min(start + PIECE);
                console.advance(bytes.len() as u64);
                let bytes: &[u8] = model.read(place, bytes, &mut buffers.words)?;
                Ok(write_all_at(output, bytes, to + start as u64)?)
            })?;
            Ok(true)
        }
        Stored::Quantized(weight) => match stored.dtype() {
            Dtype::F32 => write_weight::<f32>(model, stored, weight, output, to, workshop, console),
            Dtype::F16 => write_weight::<f16>(model, stored, weight, output, to, workshop, console),
            Dtype::BF16 => {
                write_weight::<bf16>(model, stored, weight, output, to, workshop, console)
            }
            dtype => bail!("its scales are {dtype}"),
        },
    }
}

/// Every value is the binary32 product, rounded to the scales' type. Returns whether all are finite.
fn write_weight<T: Element + AnyBitPattern + NoUninit>(
    model: &StoredModel,
    stored: &Stored,
    weight: &QuantizedWeight,
    output: &File,
    to: u64,
    workshop: &Workshop,
    console: &Console,
) -> Result<bool> {
    let (parameters, backend) = (weight.parameters(model)?, Backend::best().threads(1));
    let row_len = weight.shape[1];
    let finite = workshop.run(stored.panels(), |rows, buffers| {
        let mut x: Vec<T> = vec![T::from_f32(0.0); rows.len() * row_len];
        weight.rows(backend, model, &parameters, &rows, buffers, &mut x)?;
        let finite = backend.abs_max(&x).is_finite();
        if cfg!(target_endian = "big") {
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut x);
            bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        let place = to + (rows.start * row_len * size_of::<T>()) as u64;
        write_all_at(output, bytemuck::cast_slice(&x), place)?;
        console.advance(size_of_val(&x[..]) as u64);
        Ok(finite)
    })?;
    Ok(finite.into_iter().all(|finite| finite))
}
