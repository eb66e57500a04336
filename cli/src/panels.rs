//! A weight [out, in] from file to file, in panels of whole rows.

use std::fs::File;
use std::ops::Range;

use absmax::{
    Backend, Element, Error, ErrorStats, QuantParams, Quantizer, ScaleType, Scheme, TensorView,
};
use anyhow::{Context as _, Result, anyhow};
use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut};
use half::{bf16, f16};
use safetensors::Dtype;

use crate::args::Granularity;
use crate::pieces::{Buffers, Workshop};
use crate::plan::TensorPlan;
use crate::positioned::{read_exact_at, write_all_at};

/// Elements of one panel, unless a single row has more: what is read, the integers and the values
/// that they stand for fit the second level cache together.
const PANEL: usize = 1 << 17;

/// One weight and its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight<'a> {
    pub(crate) plan: &'a TensorPlan,
    pub(crate) source: &'a File,
    pub(crate) output: &'a File,
    pub(crate) granularity: Granularity,
    pub(crate) backend: Backend,
}

/// What is left to be written, and what it cost.
#[derive(Debug)]
pub(crate) struct Quantized {
    /// As they are stored.
    pub(crate) scales: Vec<u8>,
    pub(crate) stats: ErrorStats,
}

impl Weight<'_> {
    /// Writes the quantized values and returns the scales; `advance` is told of elements done.
    pub(crate) fn quantize(
        &self,
        workshop: &Workshop,
        advance: impl Fn(usize) + Sync,
    ) -> Result<Quantized> {
        let run = match self.plan.dtype {
            Dtype::F32 => Self::run::<f32>,
            Dtype::F16 => Self::run::<f16>,
            Dtype::BF16 => Self::run::<bf16>,
            dtype => return Err(anyhow!("{dtype} weights cannot be quantized")),
        };
        let (scales, stats) = run(self, workshop, &advance)?;
        let scales = match self.plan.dtype {
            Dtype::F16 => scales.iter().flat_map(|&s| f16::from_f32(s).to_le_bytes()).collect(),
            Dtype::BF16 => scales.iter().flat_map(|&s| bf16::from_f32(s).to_le_bytes()).collect(),
            _ => scales.iter().flat_map(|s| s.to_le_bytes()).collect(),
        };
        Ok(Quantized { scales, stats })
    }

    fn run<T: Element + AnyBitPattern + NoUninit>(
        &self,
        workshop: &Workshop,
        advance: &(dyn Fn(usize) + Sync),
    ) -> Result<(Vec<f32>, ErrorStats)> {
        let shared = match self.granularity {
            Granularity::Channel => None,
            Granularity::Tensor => Some(self.params::<T>(workshop)?),
        };
        let done = workshop.run(self.panels(), |rows, buffers| {
            let result = self.panel::<T>(rows.clone(), shared, buffers)?;
            advance(rows.len() * self.width());
            Ok(result)
        })?;
        let (mut scales, mut stats) = (Vec::new(), ErrorStats::default());
        for (of_panel, panel_stats) in done {
            scales.extend(of_panel);
            stats = stats.merge(panel_stats);
        }
        scales.extend(shared.map(QuantParams::scale));
        Ok((scales, stats))
    }

    /// Quantizes some rows, with their own scales or with one from outside.
    fn panel<T: Element + AnyBitPattern + NoUninit>(
        &self,
        rows: Range<usize>,
        shared: Option<QuantParams>,
        buffers: &mut Buffers,
    ) -> Result<(Vec<f32>, ErrorStats)> {
        let width = self.width();
        let Buffers { words, quantized, dequantized } = buffers;
        let x = self.read::<T>(&rows, words)?;
        quantized.resize(x.len(), 0);
        dequantized.resize(x.len(), 0.0);
        let scales = match shared {
            Some(params) => {
                self.backend.quantize_with(x, params, quantized)?;
                self.backend.dequantize_into(quantized, params, dequantized)?;
                Vec::new()
            }
            None => {
                let mut scales = vec![0.0; rows.len()];
                let quantizer = Quantizer::new(self.scheme().per_channel(0)).backend(self.backend);
                let shape = [rows.len(), width];
                quantizer
                    .quantize_into(TensorView::new(x, &shape)?, quantized, &mut scales, &mut [])
                    .map_err(|error| self.explain(error, rows.start))?;
                let channels = quantized.chunks(width).zip(dequantized.chunks_mut(width));
                for ((q, x), scale) in channels.zip(&scales) {
                    self.backend.dequantize_into(q, QuantParams::symmetric(*scale)?, x)?;
                }
                scales
            }
        };
        let stats = self.backend.error_stats(x, dequantized)?;
        let place = self.plan.to + (rows.start * width) as u64;
        write_all_at(self.output, cast_slice(quantized), place)?;
        Ok((scales, stats))
    }

    /// The parameters of all values together.
    fn params<T: Element + AnyBitPattern + NoUninit>(
        &self,
        workshop: &Workshop,
    ) -> Result<QuantParams> {
        let peaks = workshop.run(self.panels(), |rows, buffers| {
            let x = self.read::<T>(&rows, &mut buffers.words)?;
            let peak = self.backend.abs_max(x);
            if peak.is_finite() {
                return Ok(peak);
            }
            let index = x.iter().position(|x| !x.to_f32().is_finite()).unwrap_or(0);
            Err(self.explain(Error::NotFinite { index, value: x[index].to_f32() }, rows.start))
        })?;
        let peak = peaks.into_iter().max_by(f32::total_cmp).unwrap_or(0.0);
        Ok(self.scheme().params(-peak, peak)?)
    }

    fn read<'b, T: AnyBitPattern + NoUninit>(
        &self,
        rows: &Range<usize>,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let (start, count) = (rows.start * self.width(), rows.len() * self.width());
        let bytes = count * size_of::<T>();
        words.resize(bytes.div_ceil(size_of::<u32>()), 0);
        let buffer: &mut [u8] = &mut cast_slice_mut(words)[..bytes];
        let place = self.plan.from + (start * size_of::<T>()) as u64;
        read_exact_at(self.source, buffer, place)
            .with_context(|| format!("cannot read tensor {}", self.plan.name))?;
        if cfg!(target_endian = "big") {
            buffer.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        Ok(cast_slice(buffer))
    }

    fn panels(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        let rows = self.plan.shape[0];
        let step = (PANEL / self.width()).max(1);
        (0..rows).step_by(step).map(move |first| first..rows.min(first + step))
    }

    /// Elements of one row; never 0.
    fn width(&self) -> usize {
        self.plan.shape[1]
    }

    fn scheme(&self) -> Scheme {
        Scheme::int8().scale_type(match self.plan.dtype {
            Dtype::F16 => ScaleType::F16,
            Dtype::BF16 => ScaleType::Bf16,
            _ => ScaleType::F32,
        })
    }

    /// An error of a panel as one of the tensor.
    fn explain(&self, error: Error, first_row: usize) -> anyhow::Error {
        let Error::NotFinite { index, value } = error else { return error.into() };
        let name = &self.plan.name;
        let (row, column) = (first_row + index / self.width(), index % self.width());
        let module = name.strip_suffix(".weight").unwrap_or(name);
        anyhow!(
            "tensor {name} has {value} at [{row}, {column}]: only finite weights can be quantized \
             (--ignore {module} keeps it as it is)"
        )
    }
}
