//! One safetensors file to another.

use std::fs::File;

use absmax::Backend;
use anyhow::{Context as _, Result};
use bytemuck::cast_slice_mut;

use crate::format::positioned::{read_exact_at, write_all_at};
use crate::plan::plan::{Action, ShardPlan, TensorPlan};
use crate::quantize::weight::{Quantized, Weight};
use crate::read::pieces::Workshop;
use crate::scheme::clip::Clip;

/// Bytes copied at a time.
const PIECE: u64 = 1 << 20;

/// How shards are written.
#[derive(Debug)]
pub struct ShardWriter {
    pub backend: Backend,
    pub clip: Clip,
    pub workshop: Workshop,
}

impl ShardWriter {
    /// Writes a shard. `advance` is told of bytes read, `report` of tensors done.
    pub fn write(
        &self,
        shard: &ShardPlan,
        output: &File,
        advance: impl Fn(u64) + Sync,
        mut report: impl FnMut(&TensorPlan, Option<Quantized>) -> Result<()>,
    ) -> Result<()> {
        let source = &File::open(&shard.source)
            .with_context(|| format!("cannot read {}", shard.source.display()))?;
        write_all_at(output, &shard.layout.head, 0)?;
        for tensor in &shard.tensors {
            let quantized = match &tensor.action {
                Action::Keep { to, .. } => {
                    self.copy(tensor, source, output, *to, &advance)?;
                    None
                }
                Action::Quantize { scheme, to, .. } => {
                    let width = tensor.dtype.bitsize() / 8;
                    let advance = |elements| advance((elements * width) as u64);
                    let weight =
                        Weight::new(tensor, *scheme, self.clip, to.weight, source, output)?;
                    let done = weight.quantize(self.backend, &self.workshop, advance)?;
                    write_all_at(output, &done.scales, to.scale)?;
                    if let (Some(bytes), Some(to)) = (&done.zero_points, to.zero_point) {
                        write_all_at(output, bytes, to)?;
                    }
                    if let Some(to) = to.shape {
                        write_all_at(output, &weight.shape_bytes(), to)?;
                    }
                    Some(done)
                }
            };
            report(tensor, quantized)?;
        }
        Ok(())
    }

    fn copy(
        &self,
        tensor: &TensorPlan,
        source: &File,
        output: &File,
        to: u64,
        advance: &(impl Fn(u64) + Sync),
    ) -> Result<()> {
        let starts = (0..tensor.len).step_by(PIECE as usize);
        self.workshop.run(starts, |start, buffers| {
            let len = PIECE.min(tensor.len - start) as usize;
            buffers.words.resize(len.div_ceil(size_of::<u32>()), 0);
            let bytes: &mut [u8] = &mut cast_slice_mut(&mut buffers.words)[..len];
            read_exact_at(source, bytes, tensor.from + start)
                .with_context(|| format!("cannot read tensor {}", tensor.name))?;
            write_all_at(output, bytes, to + start)?;
            advance(len as u64);
            Ok(())
        })?;
        Ok(())
    }
}
