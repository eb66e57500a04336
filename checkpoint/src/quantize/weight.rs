//! A weight [out, in] from file to file, in panels of whole rows.

use std::fs::File;
use std::ops::Range;

use absmax::{
    Backend, Element, Error, ErrorStats, Histogram, Packing, QuantParams, Quantizer, ScaleType,
    Scheme, TensorView,
};
use anyhow::{Context as _, Result, anyhow};
use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut};
use half::{bf16, f16};
use safetensors::Dtype;

use crate::format::positioned::{read_exact_at, write_all_at};
use crate::format::zero_points::stored_zero_points;
use crate::plan::plan::TensorPlan;
use crate::read::pieces::{Buffers, Workshop};
use crate::scheme::clip::{Clip, approximate};
use crate::scheme::weight_scheme::{Granularity, WeightScheme};

/// Elements of one panel, unless a single row has more: what is read, the integers and the values
/// that they stand for fit the second level cache together.
pub const PANEL: usize = 1 << 17;

/// The rows of each panel of a tensor [rows, elements of a row]; none if it has no elements.
pub fn panels([rows, row_len]: [usize; 2]) -> impl Iterator<Item = Range<usize>> + Send + use<> {
    let rows = if row_len == 0 { 0 } else { rows };
    let step = PANEL.checked_div(row_len).unwrap_or(1).max(1);
    (0..rows).step_by(step).map(move |first| first..rows.min(first + step))
}

/// One weight and its way.
#[derive(Clone, Copy, Debug)]
pub struct Weight<'a> {
    plan: &'a TensorPlan,
    scheme: WeightScheme,
    clip: Clip,
    /// What kernels make of a panel.
    kernel_scheme: Scheme,
    /// How the integers are packed, if they are.
    packing: Option<Packing>,
    /// Rows, and elements of each; none is 0.
    shape: [usize; 2],
    source: &'a File,
    output: &'a File,
    /// Where the integers begin in the output file.
    to: u64,
}

/// What is left to be written, and what it cost.
#[derive(Debug)]
pub struct Quantized {
    /// As they are stored.
    pub scales: Vec<u8>,
    /// As they are stored, of asymmetric schemes.
    pub zero_points: Option<Vec<u8>>,
    pub stats: ErrorStats,
    /// Whether an integer times its scale is too large for the weight's type.
    pub overflows: bool,
}

/// What becomes of one panel, beside the integers.
#[derive(Debug, Default)]
struct Panel {
    scales: Vec<f32>,
    zero_points: Vec<i32>,
    stats: ErrorStats,
    overflows: bool,
}

impl<'a> Weight<'a> {
    pub fn new(
        plan: &'a TensorPlan,
        scheme: WeightScheme,
        clip: Clip,
        to: u64,
        source: &'a File,
        output: &'a File,
    ) -> Result<Self> {
        let scale_type = match plan.dtype {
            Dtype::F32 => ScaleType::F32,
            Dtype::F16 => ScaleType::F16,
            Dtype::BF16 => ScaleType::Bf16,
            dtype => return Err(anyhow!("{dtype} weights cannot be quantized")),
        };
        let shape = plan.shape[..].try_into()?;
        let kernel_scheme = scheme.kernel_scheme(scale_type)?;
        let bits = scheme.name.stored_bits();
        let packing = scheme.is_packed().then(|| Packing::words(bits)).transpose()?;
        Ok(Self { plan, scheme, clip, kernel_scheme, packing, shape, source, output, to })
    }

    /// The shape, as it is stored beside packed integers.
    pub fn shape_bytes(&self) -> Vec<u8> {
        self.shape.iter().flat_map(|&d| (d as i64).to_le_bytes()).collect()
    }

    /// Writes the quantized values and returns the scales; `advance` is told of elements done.
    pub fn quantize(
        &self,
        backend: Backend,
        workshop: &Workshop,
        advance: impl Fn(usize) + Sync,
    ) -> Result<Quantized> {
        let Panel { scales, zero_points, stats, overflows } = match self.plan.dtype {
            Dtype::F16 => self.run::<f16>(backend, workshop, &advance),
            Dtype::BF16 => self.run::<bf16>(backend, workshop, &advance),
            _ => self.run::<f32>(backend, workshop, &advance),
        }?;
        let scales = match self.plan.dtype {
            Dtype::F16 => scales.iter().flat_map(|&s| f16::from_f32(s).to_le_bytes()).collect(),
            Dtype::BF16 => scales.iter().flat_map(|&s| bf16::from_f32(s).to_le_bytes()).collect(),
            _ => scales.iter().flat_map(|s| s.to_le_bytes()).collect(),
        };
        let zero_points = (!self.scheme.is_symmetric()).then(|| {
            let columns = self.scheme.sets_per_row(self.row_len());
            let packing = self.packing.filter(|_| self.scheme.has_packed_zero_points());
            stored_zero_points(&zero_points, columns, packing)
        });
        Ok(Quantized { scales, zero_points: zero_points.transpose()?, stats, overflows })
    }

    fn run<T: Element + AnyBitPattern + NoUninit>(
        &self,
        backend: Backend,
        workshop: &Workshop,
        advance: &(dyn Fn(usize) + Sync),
    ) -> Result<Panel> {
        let shared = match self.scheme.granularity {
            Granularity::Tensor => Some(self.params::<T>(backend, workshop)?),
            _ => None,
        };
        let done = workshop.run(panels(self.shape), |rows, buffers| {
            let result = self.panel::<T>(backend, rows.clone(), shared, buffers)?;
            advance(rows.len() * self.row_len());
            Ok(result)
        })?;
        let mut all = Panel::default();
        for Panel { scales, zero_points, stats, overflows } in done {
            all.overflows |= overflows;
            all.scales.extend(scales);
            all.zero_points.extend(zero_points);
            all.stats = all.stats.merge(stats);
        }
        if let Some(params) = shared {
            all.scales.push(params.scale());
            all.zero_points.push(params.zero_point());
        }
        Ok(all)
    }

    /// Quantizes some rows, with their own scales or with one from outside.
    fn panel<T: Element + AnyBitPattern + NoUninit>(
        &self,
        backend: Backend,
        rows: Range<usize>,
        shared: Option<QuantParams>,
        buffers: &mut Buffers,
    ) -> Result<Panel> {
        let Buffers { words, quantized, dequantized, packed, .. } = buffers;
        let x = self.read::<T>(&rows, words)?;
        quantized.resize(x.len(), 0);
        dequantized.resize(x.len(), 0.0);
        let mut panel = Panel::default();
        if let Some(params) = shared {
            backend.quantize_with(x, params, quantized)?;
            backend.dequantize_into(quantized, params, dequantized)?;
        } else {
            let shape = [rows.len(), self.row_len()];
            let quantizer = Quantizer::new(self.kernel_scheme).backend(backend);
            let sets = quantizer.scale_count(&shape)?;
            let (mut scales, mut zero_points) = (vec![0.0; sets], Vec::new());
            zero_points.resize(if self.scheme.is_symmetric() { 0 } else { sets }, 0);
            let done = if self.clip == Clip::None {
                let x = TensorView::new(x, &shape)?;
                quantizer.quantize_into(x, quantized, &mut scales, &mut zero_points)
            } else {
                self.clipped(backend, x, quantized, &mut scales, &mut zero_points)
            };
            done.map_err(|error| self.explain(error, rows.start))?;
            quantizer.dequantize_into(quantized, &shape, &scales, &zero_points, dequantized)?;
            (panel.scales, panel.zero_points) = (scales, zero_points);
        }
        panel.stats = backend.error_stats(x, dequantized)?;
        panel.overflows = !T::from_f32(backend.abs_max(dequantized)).to_f32().is_finite();
        let Some(packing) = self.packing else {
            let place = self.to + (rows.start * self.row_len()) as u64;
            write_all_at(self.output, cast_slice(quantized), place)?;
            return Ok(panel);
        };
        packed.resize(packing.len(rows.len(), self.row_len())?, 0);
        backend.pack_into(quantized, self.row_len(), packing, packed)?;
        let place = self.to + packing.len(rows.start, self.row_len())? as u64;
        write_all_at(self.output, packed, place)?;
        Ok(panel)
    }

    /// The parameters of all values together.
    fn params<T: Element + AnyBitPattern + NoUninit>(
        &self,
        backend: Backend,
        workshop: &Workshop,
    ) -> Result<QuantParams> {
        let observer = self.clip.observer()?;
        let observers = workshop.run(panels(self.shape), |rows, buffers| {
            let x = self.read::<T>(&rows, &mut buffers.words)?;
            let mut observer = observer.clone();
            let observed = observer.observe_on(backend, x);
            observed.map_err(|error| self.explain(error, rows.start))?;
            Ok(observer)
        })?;
        let mut all = observer;
        observers.iter().try_for_each(|observer| all.merge(observer))?;
        let params = all.params(self.kernel_scheme).map_err(|error| self.explain(error, 0))?;
        let range = all.histogram().and_then(Histogram::min_max);
        let Some((min, max)) = range.filter(|_| self.clip == Clip::Mse) else { return Ok(params) };
        // The histogram's error is an estimate, so the clip has to prove itself on the weights.
        let whole = self.kernel_scheme.params(min, max)?;
        let errors = workshop.run(panels(self.shape), |rows, buffers| {
            let Buffers { words, quantized, dequantized, .. } = buffers;
            let x = self.read::<T>(&rows, words)?;
            let mut error = |params| approximate(backend, x, params, quantized, dequantized);
            Ok([error(params)?, error(whole)?])
        })?;
        let sum = |i: usize| {
            errors.iter().fold(ErrorStats::default(), |sum, panel| sum.merge(panel[i])).mse()
        };
        Ok(if sum(0) < sum(1) { params } else { whole })
    }

    /// Quantizes some rows with the scales that clipping gives.
    fn clipped<T: Element>(
        &self,
        backend: Backend,
        x: &[T],
        quantized: &mut [i8],
        scales: &mut [f32],
        zero_points: &mut [i32],
    ) -> absmax::Result<()> {
        let set_len = self.row_len() / self.scheme.sets_per_row(self.row_len());
        let sets = x.chunks_exact(set_len).zip(quantized.chunks_exact_mut(set_len));
        for (set, (x, quantized)) in sets.enumerate() {
            let params =
                self.clip.params(backend, x, self.kernel_scheme).map_err(|error| match error {
                    Error::NotFinite { index, value } => {
                        Error::NotFinite { index: set * set_len + index, value }
                    }
                    Error::ScaleOverflow { min, max, scale_type, .. } => {
                        Error::ScaleOverflow { set, min, max, scale_type }
                    }
                    other => other,
                })?;
            backend.quantize_with(x, params, quantized)?;
            scales[set] = params.scale();
            if let Some(zero_point) = zero_points.get_mut(set) {
                *zero_point = params.zero_point();
            }
        }
        Ok(())
    }

    fn read<'b, T: AnyBitPattern + NoUninit>(
        &self,
        rows: &Range<usize>,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let (start, count) = (rows.start * self.row_len(), rows.len() * self.row_len());
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

    fn row_len(&self) -> usize {
        self.shape[1]
    }

    /// An error of a panel as one of the tensor.
    fn explain(&self, error: Error, first_row: usize) -> anyhow::Error {
        let name = &self.plan.name;
        let module = name.strip_suffix(".weight").unwrap_or(name);
        match error {
            Error::NotFinite { index, value } => {
                let (row, column) = (first_row + index / self.row_len(), index % self.row_len());
                anyhow!(
                    "tensor {name} has {value} at [{row}, {column}]: only finite weights can be \
                     quantized (--ignore {module} keeps it as it is)"
                )
            }
            Error::ScaleOverflow { set, min, max, scale_type } => {
                let row = first_row + set / self.scheme.sets_per_row(self.row_len());
                anyhow!(
                    "tensor {name} has values from {min} to {max} in row {row}: their scale \
                     overflows {scale_type} (--ignore {module} keeps it as it is)"
                )
            }
            other => anyhow::Error::from(other).context(format!("tensor {name}")),
        }
    }
}
