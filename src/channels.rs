//! Tensors with one scale for each index along an axis.

use alloc::vec;
use alloc::vec::Vec;
use core::iter::repeat_n;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::kernel::{
    ColumnPeaks, Columns, DequantizePlanes, PlanePeaks, QuantizeColumns, QuantizePlanes,
};
use crate::parallel::{self, CHUNK};
use crate::simd::BLOCK;
use crate::slice::{not_finite, same_length};
use crate::tensor::elements;
use crate::{Backend, Element, Error, Granularity, QuantParams, QuantizedTensor, Result, Scheme};

/// A tensor as `outer` planes of `count` channels of `inner` values each.
pub(crate) struct Channels {
    outer: usize,
    pub(crate) count: usize,
    inner: usize,
}

impl Channels {
    pub(crate) fn new(scheme: Scheme, shape: &[usize]) -> Result<Self> {
        let Granularity::PerChannel { axis } = scheme.granularity() else {
            return Ok(Self { outer: 1, count: 1, inner: elements(shape)? });
        };
        let rank = shape.len();
        let from_start = if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
        let at = from_start.and_then(|axis| usize::try_from(axis).ok()).filter(|&at| at < rank);
        let at = at.ok_or(Error::AxisOutOfRange { axis, rank })?;
        Ok(Self {
            outer: elements(&shape[..at])?,
            count: shape[at],
            inner: elements(&shape[at + 1..])?,
        })
    }

    /// Quantizes `x` into `q` and `scales`, whose lengths agree.
    pub(crate) fn quantize<T: Element>(
        &self,
        backend: Backend,
        x: &[T],
        scheme: Scheme,
        q: &mut [i8],
        scales: &mut [f32],
    ) -> Result<()> {
        if self.outer == 1 {
            return backend.quantize_rows(x, self.inner, scheme, q, scales);
        }
        let peaks = self.peaks(backend, x);
        let mut params = Vec::with_capacity(scales.len());
        for (channel, (peak, scale)) in peaks.into_iter().zip(scales).enumerate() {
            let abs_max = f32::from_bits(peak);
            if !abs_max.is_finite() {
                return Err(not_finite(x));
            }
            let chosen = scheme.params(abs_max).map_err(|error| error.in_channel(channel, 0))?;
            *scale = chosen.scale();
            params.push(chosen);
        }
        self.quantize_known(backend, x, &params, q);
        Ok(())
    }

    /// Elements of one plane.
    fn plane(&self) -> usize {
        self.count * self.inner
    }

    /// Elements of the rows that the column kernels see: planes, as many side by side as make a
    /// block.
    fn columns(&self) -> usize {
        self.plane() * BLOCK.div_ceil(self.plane())
    }

    /// Elements of the pieces in which the tensor is shared out: whole numbers of `of`.
    fn piece(of: usize) -> usize {
        of * (CHUNK / of).max(1)
    }

    /// Whether a channel is slices that are long enough for kernels of their own.
    fn sliced(&self) -> bool {
        self.inner >= BLOCK
    }

    /// Each channel's abs-max, in binary32 bits.
    fn peaks<T: Element>(&self, backend: Backend, x: &[T]) -> Vec<u32> {
        let peaks: Vec<AtomicU32> = (0..self.count).map(|_| AtomicU32::new(0)).collect();
        let limit = backend.thread_limit();
        if x.is_empty() {
        } else if self.sliced() {
            let inner = self.inner;
            parallel::for_each(x.chunks(Self::piece(self.plane())), x.len(), limit, |x| {
                let mut local = vec![0; self.count];
                T::plane_peaks(backend, PlanePeaks { x, inner, peaks: &mut local });
                for (peak, local) in peaks.iter().zip(local) {
                    peak.fetch_max(local, Relaxed);
                }
            });
        } else {
            let columns = self.columns();
            parallel::for_each(x.chunks(Self::piece(columns)), x.len(), limit, |x| {
                let mut local = vec![0; columns];
                T::column_peaks(backend, ColumnPeaks { x, peaks: &mut local });
                for (i, local) in local.into_iter().enumerate() {
                    let channel = i % self.plane() / self.inner;
                    peaks[channel].fetch_max(local.cast_unsigned(), Relaxed);
                }
            });
        }
        peaks.into_iter().map(AtomicU32::into_inner).collect()
    }

    /// Quantizes values that are within the ranges of their channels.
    fn quantize_known<T: Element>(
        &self,
        backend: Backend,
        x: &[T],
        params: &[QuantParams],
        q: &mut [i8],
    ) {
        let limit = backend.thread_limit();
        if x.is_empty() {
        } else if self.sliced() {
            let (piece, inner) = (Self::piece(self.plane()), self.inner);
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), limit, |(x, q)| {
                T::quantize_planes(backend, QuantizePlanes { x, inner, params, q });
            });
        } else {
            let scales = self.per_column(params.iter().map(|params| params.scale()));
            let columns = &Columns::new(scales);
            let piece = Self::piece(self.columns());
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), limit, |(x, q)| {
                T::quantize_columns(backend, QuantizeColumns { x, columns, q });
            });
        }
    }

    /// The scales of the channels, as often as the rows of the column kernels repeat them.
    fn per_column(&self, scales: impl Iterator<Item = f32>) -> Vec<f32> {
        let plane: Vec<f32> = scales.flat_map(|scale| repeat_n(scale, self.inner)).collect();
        plane.repeat(BLOCK.div_ceil(plane.len()))
    }
}

impl Backend {
    /// x' = q * scale of the channel. See [`QuantizedTensor::dequantize`].
    pub(crate) fn dequantize_channels(self, tensor: &QuantizedTensor, x: &mut [f32]) -> Result<()> {
        let QuantizedTensor { data: q, shape, scales, scheme } = tensor;
        let channels = Channels::new(*scheme, shape)?;
        same_length("data", elements(shape)?, q.len())?;
        same_length("scales", channels.count, scales.len())?;
        if channels.count == 1 {
            return self.dequantize_into(q, QuantParams::symmetric(scales[0])?, x);
        }
        if q.is_empty() {
            return Ok(());
        }
        let inner = channels.inner;
        let piece = Channels::piece(channels.plane());
        let pieces = q.chunks(piece).zip(x.chunks_mut(piece));
        parallel::for_each(pieces, q.len(), self.thread_limit(), |(q, x)| {
            self.run(DequantizePlanes { q, inner, scales, x });
        });
        Ok(())
    }
}
