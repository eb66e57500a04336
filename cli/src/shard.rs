//! One safetensors file to another.

use std::fs::File;

use absmax::{Backend, ErrorStats};
use anyhow::{Context as _, Result};
use bytemuck::cast_slice_mut;

use crate::args::Granularity;
use crate::panels::Weight;
use crate::pieces::Workshop;
use crate::plan::{PlannedAction, ShardPlan, TensorPlan};
use crate::positioned::{read_exact_at, write_all_at};

/// Bytes copied at a time.
const PIECE: u64 = 1 << 20;

/// How shards are written.
#[derive(Debug)]
pub(crate) struct ShardWriter {
    pub(crate) granularity: Granularity,
    pub(crate) backend: Backend,
    pub(crate) workshop: Workshop,
}

impl ShardWriter {
    /// Writes a shard. `advance` is told of bytes read, `report` of tensors done.
    pub(crate) fn write(
        &self,
        shard: &ShardPlan,
        output: &File,
        advance: impl Fn(u64) + Sync,
        mut report: impl FnMut(&TensorPlan, Option<ErrorStats>) -> Result<()>,
    ) -> Result<()> {
        let source = &File::open(&shard.source)
            .with_context(|| format!("cannot read {}", shard.source.display()))?;
        write_all_at(output, &shard.layout.head, 0)?;
        for tensor in &shard.tensors {
            let stats = match tensor.action {
                PlannedAction::Keep(_) => {
                    self.copy(tensor, source, output, &advance)?;
                    None
                }
                PlannedAction::Quantize { scales_to, .. } => {
                    let &Self { granularity, backend, .. } = self;
                    let weight = Weight { plan: tensor, source, output, granularity, backend };
                    let width = tensor.dtype.bitsize() / 8;
                    let quantized = weight
                        .quantize(&self.workshop, |elements| advance((elements * width) as u64))?;
                    write_all_at(output, &quantized.scales, scales_to)?;
                    Some(quantized.stats)
                }
            };
            report(tensor, stats)?;
        }
        Ok(())
    }

    fn copy(
        &self,
        tensor: &TensorPlan,
        source: &File,
        output: &File,
        advance: &(impl Fn(u64) + Sync),
    ) -> Result<()> {
        let starts = (0..tensor.len).step_by(PIECE as usize);
        self.workshop.run(starts, |start, buffers| {
            let len = PIECE.min(tensor.len - start) as usize;
            buffers.words.resize(len.div_ceil(size_of::<u32>()), 0);
            let bytes: &mut [u8] = &mut cast_slice_mut(&mut buffers.words)[..len];
            read_exact_at(source, bytes, tensor.from + start)
                .with_context(|| format!("cannot read tensor {}", tensor.name))?;
            write_all_at(output, bytes, tensor.to + start)?;
            advance(len as u64);
            Ok(())
        })?;
        Ok(())
    }
}
