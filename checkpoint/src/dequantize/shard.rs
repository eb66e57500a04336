//! Writes one file of weights in floating point.

use absmax::{Backend, Element};
use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut};
use half::{bf16, f16};
use safetensors::Dtype;

use crate::control::Control;
use crate::error::{Context as _, Result};
use crate::format::{Entry, Layout};
use crate::read::{Place, QuantizedWeight, SLAB, Stored, StoredModel, Workshop};
use crate::source::Checkpoint;
use crate::write::Draft;

/// Bytes copied at a time.
const PIECE: usize = 1 << 20;

/// One file of weights to be written.
pub(super) struct Shard {
    pub(super) name: String,
    pub(super) layout: Layout,
    pub(super) tensors: Vec<String>,
}

impl Shard {
    /// The files of the source, with every quantized weight in that of its scales.
    pub(super) fn all(
        control: &Control<'_>,
        checkpoint: &Checkpoint,
        model: &StoredModel,
    ) -> Result<Vec<Self>> {
        let mut entries: Vec<Vec<Entry>> = checkpoint.shards.iter().map(|_| Vec::new()).collect();
        for (name, stored) in &model.tensors {
            let (dtype, shape) = (stored.dtype(), stored.shape().to_vec());
            entries[stored.shard()].push(Entry { name: name.clone(), dtype, shape });
        }
        let shards = checkpoint.shards.iter().zip(entries).map(|(shard, entries)| {
            let tensors = entries.iter().map(|entry| entry.name.clone()).collect();
            let layout = Layout::new(control, &shard.path, entries, &shard.header.metadata)?;
            Ok(Self { name: shard.name.clone(), layout, tensors })
        });
        shards.collect()
    }
}

/// How shards are written.
pub(super) struct ShardWriter<'a, 'c> {
    pub(super) control: &'a Control<'c>,
    pub(super) backend: Backend,
    pub(super) model: &'a StoredModel,
    pub(super) workshop: Workshop,
}

impl ShardWriter<'_, '_> {
    /// Writes a shard; `overflows` is told of tensors, and of their types, whose values do not fit.
    pub(super) fn write(
        &self,
        shard: &Shard,
        output: &Draft,
        mut overflows: impl FnMut(&str, String),
    ) -> Result<()> {
        output.write_at(self.control, &shard.layout.head, 0)?;
        for tensor in &shard.tensors {
            let (stored, to) = (&self.model.tensors[tensor], shard.layout.places[tensor]);
            let finite = match (stored, stored.dtype()) {
                (Stored::Plain(place), _) => self.copy(place, output, to).map(|()| true),
                (Stored::Quantized(w), Dtype::F16) => self.weight::<f16>(w, stored, output, to),
                (Stored::Quantized(w), Dtype::BF16) => self.weight::<bf16>(w, stored, output, to),
                (Stored::Quantized(w), _) => self.weight::<f32>(w, stored, output, to),
            };
            if !finite.in_tensor(tensor)? {
                overflows(tensor, stored.dtype().to_string());
            }
        }
        Ok(())
    }

    fn copy(&self, place: &Place, output: &Draft, to: u64) -> Result<()> {
        let len = place.len() as usize;
        self.workshop.run(self.control, (0..len).step_by(PIECE), |start, buffers| {
            let bytes = start..len.min(start + PIECE);
            let (files, words) = (&self.model.files, &mut buffers.words);
            let bytes: &[u8] = files.read(self.control, place, bytes, words)?;
            output.write_at(self.control, bytes, to + start as u64)
        })?;
        Ok(())
    }

    /// Every value is the binary32 product, rounded to the scales' type. Returns whether all are
    /// finite.
    fn weight<T: Element + AnyBitPattern + NoUninit>(
        &self,
        weight: &QuantizedWeight,
        stored: &Stored,
        output: &Draft,
        to: u64,
    ) -> Result<bool> {
        let Self { control, backend, model, workshop } = self;
        let parameters = weight.parameters(control, &model.files)?;
        let finite = workshop.run(control, stored.span().slabs(SLAB), |span, buffers| {
            let mut x: Vec<T> = vec![T::from_f32(0.0); span.len()];
            let how = (*control, *backend);
            weight.values(how, &model.files, &parameters, &span, buffers, &mut x)?;
            let finite = backend.abs_max(&x).is_finite();
            if cfg!(target_endian = "big") {
                let bytes: &mut [u8] = cast_slice_mut(&mut x);
                bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
            }
            let place = to + (span.start(weight.shape()[1]) * size_of::<T>()) as u64;
            output.write_at(control, cast_slice(&x), place)?;
            Ok(finite)
        })?;
        Ok(finite.into_iter().all(|finite| finite))
    }
}
