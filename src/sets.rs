//! Which values of a tensor share a scale, and how each such set is reached.

use alloc::vec;
use alloc::vec::Vec;
use core::iter;

use crate::kernel::{
    ColumnLimits, Columns, DequantizeColumns, DequantizePlanes, PlaneLimits, QuantizeColumns,
    QuantizePlanes, Traffic,
};
use crate::parallel::{self, CHUNK};
use crate::scheme::Limits;
use crate::simd::{BLOCK, number, ordered};
use crate::slice::set_error;
use crate::tensor::elements;
use crate::{Backend, Element, Error, Granularity, Result, Scheme};

/// The sets of values that share a scale.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sets {
    /// So many rows, in each of which every `group` values are a set; the last one may be shorter.
    Rows { rows: usize, row_len: usize, group: usize },
    /// The channels of several planes.
    Channels(Channels),
}

/// Quantized values with their parameters: `q` are the bits of the integers.
#[derive(Debug)]
pub(crate) struct Quantized<Q, F, Z> {
    pub(crate) q: Q,
    /// One for each set.
    pub(crate) scales: F,
    /// As many; none of a symmetric scheme.
    pub(crate) zero_points: Z,
}

impl Sets {
    pub(crate) fn new(scheme: Scheme, shape: &[usize]) -> Result<Self> {
        let rank = shape.len();
        match scheme.granularity() {
            Granularity::PerTensor => {
                let len = elements(shape)?;
                Ok(Self::Rows { rows: 1, row_len: len, group: len })
            }
            Granularity::PerGroup { size } => {
                let (&row_len, outer) = shape.split_last().unwrap_or((&1, &[]));
                let group = size.get().min(row_len.max(1));
                Ok(Self::Rows { rows: elements(outer)?, row_len, group })
            }
            Granularity::PerChannel { axis } => {
                let from_start =
                    if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
                let at = from_start.and_then(|axis| usize::try_from(axis).ok());
                let at = at.filter(|&at| at < rank).ok_or(Error::AxisOutOfRange { axis, rank })?;
                let outer = elements(&shape[..at])?;
                let (count, inner) = (shape[at], elements(&shape[at + 1..])?);
                Ok(if outer == 1 {
                    Self::Rows { rows: count, row_len: inner, group: inner }
                } else {
                    Self::Channels(Channels { count, inner })
                })
            }
        }
    }

    /// How many there are.
    pub(crate) fn count(self) -> Result<usize> {
        match self {
            Self::Rows { rows, row_len, group } if group != row_len => {
                rows.checked_mul(row_len.div_ceil(group)).ok_or(Error::SizeOverflow)
            }
            Self::Rows { rows, .. } => Ok(rows),
            Self::Channels(channels) => Ok(channels.count),
        }
    }

    /// Quantizes `x` by the parameters of each set; the lengths agree.
    pub(crate) fn quantize<T: Element>(
        self,
        backend: Backend,
        x: &[T],
        scheme: Scheme,
        to: Quantized<&mut [i8], &mut [f32], &mut [i32]>,
    ) -> Result<()> {
        match self {
            Self::Rows { row_len, group, .. } => {
                backend.quantize_groups(x, row_len, group, &scheme, to)
            }
            Self::Channels(channels) => channels.quantize(backend, x, scheme, to),
        }
    }

    /// x' = (q - zero_point) * scale of the set; the lengths agree.
    pub(crate) fn dequantize<T: Element>(
        self,
        backend: Backend,
        unsigned: bool,
        from: Quantized<&[i8], &[f32], &[i32]>,
        x: &mut [T],
    ) {
        match self {
            Self::Rows { row_len, group, .. } => {
                backend.dequantize_groups(row_len, group, unsigned, from, x);
            }
            Self::Channels(channels) => channels.dequantize(backend, unsigned, from, x),
        }
    }
}

/// Planes of `count` channels of `inner` values each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channels {
    count: usize,
    inner: usize,
}

impl Channels {
    fn quantize<T: Element>(
        self,
        backend: Backend,
        x: &[T],
        scheme: Scheme,
        to: Quantized<&mut [i8], &mut [f32], &mut [i32]>,
    ) -> Result<()> {
        let Quantized { q, scales, zero_points } = to;
        for (set, limits) in self.limits(backend, x, scheme).into_iter().enumerate() {
            let (scale, zero_point) = scheme.choose(limits);
            if !scale.is_finite() {
                return Err(set_error(x, &scheme, limits).in_set(set, 0));
            }
            scales[set] = scale;
            if let Some(place) = zero_points.get_mut(set) {
                *place = zero_point;
            }
        }
        self.quantize_known(backend, x, scheme, Quantized { q, scales, zero_points });
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
    fn limits<T: Element>(self, backend: Backend, x: &[T], scheme: Scheme) -> Vec<Limits> {
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
                T::column_limits(backend, ColumnLimits { x, traffic, min, max });
            };
            let pieces = x.chunks(Self::piece(columns));
            let seen = parallel::fold(pieces, x.len(), threads, new, see, ColumnExtents::merge);
            return seen.of_channels(self);
        }
        let new = || vec![Limits::NOTHING; self.count];
        let see = |limits: &mut Vec<Limits>, x| {
            T::plane_limits(backend, PlaneLimits { x, inner, symmetric, limits });
        };
        let merge = |mut one: Vec<Limits>, other: Vec<Limits>| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one = one.merge(other));
            one
        };
        parallel::fold(x.chunks(Self::piece(self.plane())), x.len(), threads, new, see, merge)
    }

    /// Quantizes values that are within the limits of their channels.
    fn quantize_known<T: Element>(
        self,
        backend: Backend,
        x: &[T],
        scheme: Scheme,
        by: Quantized<&mut [i8], &[f32], &[i32]>,
    ) {
        let Quantized { q, scales, zero_points } = by;
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
                T::quantize_planes(backend, QuantizePlanes { x, inner, params, unsigned, q });
            });
        } else {
            let columns =
                &Columns::new(scheme, self.per_column(scales), &self.per_column(zero_points));
            let traffic = Traffic::read(size_of_val(x));
            let piece = Self::piece(self.columns());
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), threads, |(x, q)| {
                T::quantize_columns(backend, QuantizeColumns { x, columns, traffic, q });
            });
        }
    }

    fn dequantize<T: Element>(
        self,
        backend: Backend,
        unsigned: bool,
        from: Quantized<&[i8], &[f32], &[i32]>,
        x: &mut [T],
    ) {
        let Quantized { q, scales, zero_points } = from;
        let threads = backend.thread_limit();
        if q.is_empty() {
        } else if self.sliced() {
            let (piece, inner) = (Self::piece(self.plane()), self.inner);
            let pieces = q.chunks(piece).zip(x.chunks_mut(piece));
            parallel::for_each(pieces, q.len(), threads, |(q, x)| {
                let planes = DequantizePlanes { q, unsigned, inner, scales, zero_points, x };
                T::dequantize_planes(backend, planes);
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
                T::dequantize_columns(backend, DequantizeColumns { q, unsigned, scales, less, x });
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
