//! The channels of a tensor whose axis is not the first: planes [channels, inner] one after another.
//!
//! Channels of a block of values and more are slices, which the kernels of planes go through one by
//! one. Shorter ones are columns of a matrix, which is read row by row.

use alloc::vec;
use alloc::vec::Vec;
use core::iter;

use super::failure::set_error;
use super::parallel::{self, CHUNK};
use crate::kernel::{
    ColumnLimits, Columns, DequantizeColumns, DequantizePlanes, PlaneLimits, QuantizeColumns,
    QuantizePlanes, Quantized, QuantizedMut, Traffic,
};
use crate::limits::Limits;
use crate::simd::{BLOCK, Value, number, ordered};
use crate::{Backend, Result, Scheme};

/// Planes of `count` channels of `inner` values each.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    pub(super) count: usize,
    pub(super) inner: usize,
}

impl Channels {
    /// Quantizes `x` by the parameters of each channel; the lengths agree.
    pub(super) fn quantize<T: Value>(
        self,
        backend: Backend,
        x: &[T],
        scheme: &Scheme,
        mut to: QuantizedMut<'_>,
    ) -> Result<()> {
        for (set, limits) in self.limits(backend, x, scheme).into_iter().enumerate() {
            let (scale, zero_point) = scheme.choose(limits);
            if !scale.is_finite() {
                return Err(set_error(x, scheme, limits).in_set(set, 0));
            }
            to.set_params(set, scale, zero_point);
        }
        self.quantize_known(backend, x, scheme, to);
        Ok(())
    }

    /// Elements of one plane.
    fn plane(self) -> usize {
        self.count * self.inner
    }

    /// Elements of the rows that the column kernels see: planes, as many side by side as make a
    /// block.
    fn columns(self) -> usize {
        self.plane() * BLOCK.div_ceil(self.plane())
    }

    /// Elements of the pieces in which the tensor is shared out: whole numbers of `of`.
    fn piece(of: usize) -> usize {
        of * (CHUNK / of).max(1)
    }

    /// Whether a channel is slices that are long enough for kernels of their own.
    fn sliced(self) -> bool {
        self.inner >= BLOCK
    }

    /// Each channel's limits.
    fn limits<T: Value>(self, backend: Backend, x: &[T], scheme: &Scheme) -> Vec<Limits> {
        if x.is_empty() {
            // A channel without values is like one of zeros.
            return vec![Limits::symmetric(0.0); self.count];
        }
        let (threads, inner, symmetric) =
            (backend.thread_limit(), self.inner, scheme.is_symmetric());
        if !self.sliced() {
            let columns = self.columns();
            let new = || ColumnExtents::new(columns, symmetric);
            let traffic = Traffic::read(size_of_val(x));
            let see = |seen: &mut ColumnExtents, x| {
                let ColumnExtents { min, max } = seen;
                backend.run(ColumnLimits { x, traffic, min, max });
            };
            let pieces = x.chunks(Self::piece(columns));
            let seen = parallel::fold(pieces, x.len(), threads, new, see, ColumnExtents::merge);
            return seen.of_channels(self);
        }
        let new = || vec![Limits::NOTHING; self.count];
        let see = |limits: &mut Vec<Limits>, x| {
            backend.run(PlaneLimits { x, inner, symmetric, limits });
        };
        let merge = |mut one: Vec<Limits>, other: Vec<Limits>| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one = one.merge(other));
            one
        };
        parallel::fold(x.chunks(Self::piece(self.plane())), x.len(), threads, new, see, merge)
    }

    /// Quantizes values that are within the limits of their channels.
    fn quantize_known<T: Value>(
        self,
        backend: Backend,
        x: &[T],
        scheme: &Scheme,
        to: QuantizedMut<'_>,
    ) {
        let QuantizedMut { q, scales, zero_points } = to;
        let (threads, unsigned) = (backend.thread_limit(), scheme.is_unsigned());
        if x.is_empty() {
        } else if self.sliced() {
            let (piece, inner) = (Self::piece(self.plane()), self.inner);
            let zero_points = zero_points.iter().copied().chain(iter::repeat(0));
            let params = scales.iter().zip(zero_points);
            let params: Vec<_> = params.map(|(&scale, z)| scheme.valid_params(scale, z)).collect();
            let params = &params[..];
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), threads, |(x, q)| {
                backend.run(QuantizePlanes { x, inner, params, unsigned, q });
            });
        } else {
            let columns =
                &Columns::new(*scheme, self.per_column(scales), &self.per_column(zero_points));
            let traffic = Traffic::read(size_of_val(x));
            let piece = Self::piece(self.columns());
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), threads, |(x, q)| {
                backend.run(QuantizeColumns { x, columns, traffic, q });
            });
        }
    }

    /// x' = (q - zero_point) * scale of the channel; the lengths agree.
    pub(super) fn dequantize<T: Value>(self, backend: Backend, from: Quantized<'_>, x: &mut [T]) {
        let Quantized { q, unsigned, scales, zero_points } = from;
        let threads = backend.thread_limit();
        if q.is_empty() {
        } else if self.sliced() {
            let (piece, inner) = (Self::piece(self.plane()), self.inner);
            let pieces = q.chunks(piece).zip(x.chunks_mut(piece));
            parallel::for_each(pieces, q.len(), threads, |(q, x)| {
                let from = from.with_integers(q);
                backend.run(DequantizePlanes { from, inner, x });
            });
        } else {
            let scales = &self.per_column(scales);
            let less: Vec<f32> = match zero_points {
                [] => vec![0.0; scales.len()],
                _ => self.per_column(zero_points).iter().map(|&z| -z as f32).collect(),
            };
            let less = &less;
            let piece = Self::piece(self.columns());
            let pieces = q.chunks(piece).zip(x.chunks_mut(piece));
            parallel::for_each(pieces, q.len(), threads, |(q, x)| {
                backend.run(DequantizeColumns { q, unsigned, scales, less, x });
            });
        }
    }

    /// What each channel has, as often as the rows of the column kernels repeat it.
    fn per_column<P: Copy>(self, of_channels: &[P]) -> Vec<P> {
        let columns = self.columns() / self.count * of_channels.len();
        let mut plane = Vec::with_capacity(columns);
        of_channels.iter().for_each(|&p| plane.extend(iter::repeat_n(p, self.inner)));
        let len = plane.len();
        while plane.len() < columns {
            plane.extend_from_within(..len);
        }
        plane
    }
}

/// The limits of columns, as the kernel has them.
struct ColumnExtents {
    /// None if only magnitudes matter.
    min: Vec<i32>,
    max: Vec<i32>,
}

impl ColumnExtents {
    /// Of nothing yet.
    fn new(columns: usize, symmetric: bool) -> Self {
        let lowest = if symmetric { 0.0 } else { f32::NEG_INFINITY };
        Self {
            min: vec![ordered(f32::INFINITY); if symmetric { 0 } else { columns }],
            max: vec![ordered(lowest); columns],
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.min.iter_mut().zip(other.min).for_each(|(one, other)| *one = other.min(*one));
        self.max.iter_mut().zip(other.max).for_each(|(one, other)| *one = other.max(*one));
        self
    }

    /// Those of channels, which the columns repeat.
    fn of_channels(&self, channels: Channels) -> Vec<Limits> {
        let Channels { count, inner } = channels;
        let mut limits = vec![Limits::NOTHING; count];
        let firsts = (0..self.max.len()).step_by(inner);
        for (first, channel) in firsts.zip((0..count).cycle()) {
            for at in first..first + inner {
                let max = number(self.max[at]);
                let min = self.min.get(at).map_or(-max, |&min| number(min));
                limits[channel] = limits[channel].merge(Limits { min, max });
            }
        }
        limits
    }
}
