//! Quantizes one safetensors file into another.

use std::fs::File;

use absmax::Backend;
use bytemuck::cast_slice_mut;

use super::regions::passes;
use super::requantize::Floats;
use super::weight::{Quantized, Weight};
use crate::control::Control;
use crate::error::{Context as _, Error, IoContext as _, Result};
use crate::format::read_exact_at;
use crate::plan::{Action, ShardPlan, TensorPlan};
use crate::read::{StoredModel, Workshop};
use crate::scheme::Clip;
use crate::write::Draft;

/// Bytes copied at a time.
const PIECE: u64 = 1 << 20;

/// How shards are written.
#[derive(Debug)]
pub(super) struct ShardWriter<'a, 'c> {
    pub(super) control: &'a Control<'c>,
    pub(super) backend: Backend,
    pub(super) clip: Clip,
    /// What the tensors are read from, if they are not the floats that the plan has.
    pub(super) model: Option<&'a StoredModel>,
    pub(super) workshop: Workshop,
}

impl ShardWriter<'_, '_> {
    /// Bytes of the source that are read, each counted as often as it is read.
    pub(super) fn work(shard: &ShardPlan, clip: Clip) -> u64 {
        let of_tensor = |tensor: &TensorPlan| match tensor.scheme() {
            Some(scheme) => tensor.len * passes(tensor, scheme, clip),
            None => tensor.len,
        };
        shard.tensors.iter().map(of_tensor).sum()
    }

    /// Writes a shard. `report` is told of tensors done.
    pub(super) fn write(
        &self,
        shard: &ShardPlan,
        output: &Draft,
        mut report: impl FnMut(&TensorPlan, Option<Quantized>),
    ) -> Result<()> {
        let source = &File::open(&shard.source).cannot("read", &shard.source)?;
        output.write_at(self.control, &shard.layout.head, 0)?;
        for tensor in &shard.tensors {
            let floats = match self.model {
                Some(model) => Floats::of(self.control, self.backend, model, &tensor.name)?,
                None => None,
            };
            let read = |bytes: &mut [u8], from: u64| -> Result<()> {
                if let Some(floats) = &floats {
                    return floats.read(bytes, from).in_tensor(&tensor.name);
                }
                let read = read_exact_at(self.control, source, bytes, tensor.from + from)?;
                self.control.advance(bytes.len() as u64);
                let (tensor, path) = (|| tensor.name.clone(), || shard.source.clone());
                read.map_err(|source| Error::ReadTensor { tensor: tensor(), path: path(), source })
            };
            let quantized = match &tensor.action {
                Action::Keep { to, .. } => {
                    self.copy(tensor, &read, output, *to)?;
                    None
                }
                Action::Quantize { scheme, to, .. } => {
                    let weight = Weight {
                        control: self.control,
                        backend: self.backend,
                        workshop: &self.workshop,
                        plan: tensor,
                        clip: self.clip,
                        read: &read,
                        output,
                        to: to.weight,
                    };
                    let done = weight.quantize(*scheme)?;
                    output.write_at(self.control, &done.scales, to.scale)?;
                    if let (Some(bytes), Some(to)) = (&done.zero_points, to.zero_point) {
                        output.write_at(self.control, bytes, to)?;
                    }
                    if let Some(to) = to.shape {
                        let shape = tensor.shape.iter().flat_map(|&d| (d as i64).to_le_bytes());
                        output.write_at(self.control, &shape.collect::<Vec<u8>>(), to)?;
                    }
                    Some(done)
                }
            };
            report(tensor, quantized);
        }
        Ok(())
    }

    fn copy(
        &self,
        tensor: &TensorPlan,
        read: &(dyn Fn(&mut [u8], u64) -> Result<()> + Sync),
        output: &Draft,
        to: u64,
    ) -> Result<()> {
        let starts = (0..tensor.len).step_by(PIECE as usize);
        self.workshop.run(self.control, starts, |start, buffers| {
            let len = PIECE.min(tensor.len - start) as usize;
            buffers.words.resize(len.div_ceil(size_of::<u32>()), 0);
            let bytes: &mut [u8] = &mut cast_slice_mut(&mut buffers.words)[..len];
            read(bytes, start)?;
            output.write_at(self.control, bytes, to + start)
        })?;
        Ok(())
    }
}
