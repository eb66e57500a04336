//! Quantizes a weight [out, in] from file to file, slab by slab.
//!
//! If all values that share a scale are in one slab, the slab has its own scales. The values of a
//! whole tensor, of a row that is cut, or of a group that long are read twice: once for their
//! range, and once to quantize them. That takes no more memory than one slab. They are read a
//! third time if the clip has to prove itself.

use absmax::{
    Backend, Element, Error as KernelError, ErrorStats, Histogram, Packing, Params, QuantParams,
    QuantizedMut, Rows, RowsMut, ScaleType, Scheme,
};
use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut};
use half::{bf16, f16};
use safetensors::Dtype;

use super::clipping::{approximate, clipped_params};
use super::regions::{WORD, lcm, regions};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::format::stored_zero_points;
use crate::plan::TensorPlan;
use crate::read::{Buffers, Span, Workshop};
use crate::scheme::{Clip, Granularity, WeightScheme};
use crate::write::Draft;

/// One weight, and how it is read and written.
#[derive(Clone, Copy)]
pub(super) struct Weight<'a, 'c> {
    pub(super) control: &'a Control<'c>,
    pub(super) backend: Backend,
    pub(super) workshop: &'a Workshop,
    pub(super) plan: &'a TensorPlan,
    pub(super) clip: Clip,
    /// Reads bytes from a place of the tensor.
    pub(super) read: &'a (dyn Fn(&mut [u8], u64) -> Result<()> + Sync),
    pub(super) output: &'a Draft,
    /// Where the integers begin in the output file.
    pub(super) to: u64,
}

/// What is left to be written of a weight, and what quantizing it cost.
#[derive(Debug)]
pub(super) struct Quantized {
    /// The scales, as they are stored.
    pub(super) scales: Vec<u8>,
    /// The zero points of asymmetric schemes, as they are stored.
    pub(super) zero_points: Option<Vec<u8>>,
    pub(super) stats: ErrorStats,
    /// Whether an integer times its scale is too large for the weight's type.
    pub(super) overflows: bool,
}

/// How a weight is quantized, as kernels know it.
struct Kernel {
    scheme: WeightScheme,
    of_rows: Scheme,
    /// How the integers are packed, if they are.
    packing: Option<Packing>,
    /// The number of rows, and of elements of each. Neither is 0.
    shape: [usize; 2],
}

/// The results for one slab, beside its integers.
#[derive(Debug, Default)]
struct Slab {
    scales: Vec<f32>,
    zero_points: Vec<i32>,
    stats: ErrorStats,
    overflows: bool,
}

impl Slab {
    fn add(&mut self, Slab { scales, zero_points, stats, overflows }: Slab) {
        self.overflows |= overflows;
        self.scales.extend(scales);
        self.zero_points.extend(zero_points);
        self.stats = self.stats.merge(stats);
    }
}

impl Weight<'_, '_> {
    /// Writes the integers and returns the scales.
    pub(super) fn quantize(&self, scheme: WeightScheme) -> Result<Quantized> {
        let dtype = self.plan.dtype;
        let scale_type = match dtype {
            Dtype::F16 => ScaleType::F16,
            Dtype::BF16 => ScaleType::Bf16,
            _ => ScaleType::F32,
        };
        let packing = scheme.is_packed().then(|| Packing::words(scheme.name().stored_bits()));
        let kernel = Kernel {
            scheme,
            of_rows: scheme.kernel_scheme(scale_type)?,
            packing: packing.transpose()?,
            // Only tensors of two dimensions are planned to be quantized.
            shape: self.plan.shape[..].try_into().unwrap_or_default(),
        };
        let Slab { scales, zero_points, stats, overflows } = match dtype {
            Dtype::F16 => self.run::<f16>(&kernel),
            Dtype::BF16 => self.run::<bf16>(&kernel),
            _ => self.run::<f32>(&kernel),
        }?;
        let scales = match dtype {
            Dtype::F16 => scales.iter().flat_map(|&s| f16::from_f32(s).to_le_bytes()).collect(),
            Dtype::BF16 => scales.iter().flat_map(|&s| bf16::from_f32(s).to_le_bytes()).collect(),
            _ => scales.iter().flat_map(|s| s.to_le_bytes()).collect(),
        };
        let zero_points = (!scheme.is_symmetric()).then(|| {
            let columns = scheme.sets_per_row(kernel.shape[1]);
            let packing = kernel.packing.filter(|_| scheme.has_packed_zero_points());
            stored_zero_points(&zero_points, columns, packing)
        });
        Ok(Quantized { scales, zero_points: zero_points.transpose()?, stats, overflows })
    }

    fn run<T: Element + AnyBitPattern + NoUninit>(&self, kernel: &Kernel) -> Result<Slab> {
        let mut all = Slab::default();
        let Some(regions) = regions(&kernel.scheme, kernel.shape) else {
            let align = match kernel.scheme.granularity() {
                Granularity::Group(size) => lcm(size, WORD),
                _ => WORD,
            };
            let slabs = Span::whole(kernel.shape).slabs(align);
            self.slabs::<T>(kernel, slabs, None)?.into_iter().for_each(|slab| all.add(slab));
            return Ok(all);
        };
        for region in regions {
            let params = self.params::<T>(kernel, &region)?;
            let slabs = self.slabs::<T>(kernel, region.slabs(WORD), Some(params))?;
            slabs.into_iter().for_each(|slab| all.add(slab));
            all.scales.push(params.scale());
            all.zero_points.push(params.zero_point());
        }
        Ok(all)
    }

    /// Quantizes slabs, with their own scales or with a given one.
    fn slabs<T: Element + AnyBitPattern + NoUninit>(
        &self,
        kernel: &Kernel,
        slabs: impl Iterator<Item = Span> + Send,
        shared: Option<QuantParams>,
    ) -> Result<Vec<Slab>> {
        self.workshop.run(self.control, slabs, |span, buffers| {
            let Buffers { words, quantized, dequantized, packed, .. } = buffers;
            let x = self.values::<T>(kernel, &span, words)?;
            quantized.resize(x.len(), 0);
            dequantized.resize(x.len(), 0.0);
            let mut slab = match shared {
                Some(params) => {
                    self.backend.quantize_with_into(x, params, quantized)?;
                    self.backend.dequantize_into(quantized, params, dequantized)?;
                    Slab::default()
                }
                None => self.own_scales(kernel, &span, x, quantized, dequantized)?,
            };
            slab.stats = self.backend.error_stats(x, dequantized)?;
            let largest = T::from_f32(self.backend.abs_max(dequantized)).to_f32();
            slab.overflows = !largest.is_finite();
            self.store(kernel, &span, quantized, packed)?;
            Ok(slab)
        })
    }

    /// Quantizes a slab with the scales that it needs, and dequantizes it.
    fn own_scales<T: Element>(
        &self,
        kernel: &Kernel,
        span: &Span,
        x: &[T],
        quantized: &mut [i8],
        dequantized: &mut [f32],
    ) -> Result<Slab> {
        let shape = span.shape();
        let (backend, scheme, [rows, row_len]) = (self.backend, kernel.of_rows, shape);
        let sets = scheme.scale_count(&shape)?;
        let (mut scales, mut zero_points) = (vec![0.0; sets], Vec::new());
        zero_points.resize(if kernel.scheme.is_symmetric() { 0 } else { sets }, 0);
        if self.clip == Clip::None {
            let out = QuantizedMut::new(RowsMut::new(quantized, rows, row_len)?)
                .with_scales(&mut scales)
                .with_zero_points(&mut zero_points);
            backend
                .quantize_rows(scheme, Rows::new(x, rows, row_len)?, out)
                .map_err(|error| self.explain(error, span, x.len() / sets.max(1)))?;
        } else {
            self.clipped(kernel, span, x, quantized, (&mut scales, &mut zero_points))?;
        }
        backend.dequantize_rows(
            scheme,
            Rows::new(quantized, rows, row_len)?,
            Params::new(&scales).with_zero_points(&zero_points),
            RowsMut::new(dequantized, rows, row_len)?,
        )?;
        Ok(Slab { scales, zero_points, ..Slab::default() })
    }

    /// Quantizes a slab with the scales that clipping gives.
    fn clipped<T: Element>(
        &self,
        kernel: &Kernel,
        span: &Span,
        x: &[T],
        quantized: &mut [i8],
        (scales, zero_points): (&mut [f32], &mut [i32]),
    ) -> Result<()> {
        let set_len = x.len() / scales.len();
        let sets = x.chunks_exact(set_len).zip(quantized.chunks_exact_mut(set_len));
        for (set, (x, quantized)) in sets.enumerate() {
            self.control.check()?;
            let params = clipped_params(self.clip, self.backend, x, kernel.of_rows);
            let params = params.map_err(|error| {
                let error = match error {
                    KernelError::NotFinite { index, value } => {
                        KernelError::NotFinite { index: set * set_len + index, value }
                    }
                    KernelError::ScaleOverflow { min, max, scale_type, .. } => {
                        KernelError::ScaleOverflow { set, min, max, scale_type }
                    }
                    other => other,
                };
                self.explain(error, span, set_len)
            })?;
            self.backend.quantize_with_into(x, params, quantized)?;
            scales[set] = params.scale();
            if let Some(zero_point) = zero_points.get_mut(set) {
                *zero_point = params.zero_point();
            }
        }
        Ok(())
    }

    /// The parameters of all values of a region together.
    fn params<T: Element + AnyBitPattern + NoUninit>(
        &self,
        kernel: &Kernel,
        region: &Span,
    ) -> Result<QuantParams> {
        let mut all = self.clip.observer()?;
        let empty = all.clone();
        let slabs = || region.clone().slabs(WORD);
        let observers = self.workshop.run(self.control, slabs(), |span, buffers| {
            let x = self.values::<T>(kernel, &span, &mut buffers.words)?;
            let mut observer = empty.clone();
            let observed = self.backend.observe(&mut observer, x);
            observed.map_err(|error| self.explain(error, &span, x.len()))?;
            Ok(observer)
        })?;
        observers.iter().try_for_each(|observer| all.merge(observer))?;
        let explain = |error| self.explain(error, region, region.len());
        let params = all.params(kernel.of_rows).map_err(explain)?;
        let range = all.histogram().and_then(Histogram::min_max);
        let Some((min, max)) = range.filter(|_| self.clip == Clip::Mse) else { return Ok(params) };
        // The histogram's error is an estimate, so the clip has to prove itself on the weights.
        let whole = kernel.of_rows.params(min, max)?;
        let errors = self.workshop.run(self.control, slabs(), |span, buffers| {
            let Buffers { words, quantized, dequantized, .. } = buffers;
            let x = self.values::<T>(kernel, &span, words)?;
            let mut error = |params| approximate(self.backend, x, params, quantized, dequantized);
            Ok([error(params)?, error(whole)?])
        })?;
        let sum = |i: usize| {
            errors.iter().fold(ErrorStats::default(), |sum, slab| sum.merge(slab[i])).mse()
        };
        Ok(if sum(0) < sum(1) { params } else { whole })
    }

    /// Writes the integers of a slab.
    fn store(&self, kernel: &Kernel, span: &Span, q: &[i8], packed: &mut Vec<u8>) -> Result<()> {
        let row_len = kernel.shape[1];
        let Some(packing) = kernel.packing else {
            let place = self.to + span.start(row_len) as u64;
            return self.output.write_at(self.control, cast_slice(q), place);
        };
        let [rows, columns] = span.shape();
        packed.resize(packing.len(rows, columns)?, 0);
        self.backend.pack_into(q, columns, packing, packed)?;
        let place = packing.len(span.rows.start, row_len)? + packing.len(1, span.columns.start)?;
        self.output.write_at(self.control, packed, self.to + place as u64)
    }

    fn values<'b, T: AnyBitPattern + NoUninit>(
        &self,
        kernel: &Kernel,
        span: &Span,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let bytes = span.len() * size_of::<T>();
        words.resize(bytes.div_ceil(size_of::<u32>()), 0);
        let buffer: &mut [u8] = &mut cast_slice_mut(words)[..bytes];
        (self.read)(buffer, (span.start(kernel.shape[1]) * size_of::<T>()) as u64)?;
        if cfg!(target_endian = "big") {
            buffer.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        Ok(cast_slice(buffer))
    }

    /// Turns an error about a slab, in which so many values share a scale, into an error about the
    /// tensor.
    fn explain(&self, error: KernelError, span: &Span, set_len: usize) -> Error {
        let tensor = self.plan.name.clone();
        match error {
            KernelError::NotFinite { index, value } => {
                let [row, column] = span.position(index);
                Error::NotFinite { tensor, row, column, value }
            }
            KernelError::ScaleOverflow { set, min, max, scale_type } => {
                let [row, _] = span.position(set * set_len);
                Error::ScaleOverflow { tensor, row, min, max, scale_type }
            }
            other => Error::Tensor { tensor, source: Error::from(other).into() },
        }
    }
}
