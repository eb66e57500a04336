//! Which values of a tensor share a scale, and how each such set is reached.

use alloc::vec;
use alloc::vec::Vec;

use crate::extent::Extent;
use crate::kernel::{
    ColumnLimits, Columns, DequantizeColumns, DequantizePlanes, PlaneLimits, QuantizeColumns,
    QuantizePlanes, Traffic,
};
use crate::parallel::{self, CHUNK};
use crate::scheme::Limits;
use crate::simd::{BLOCK, number, ordered};
use crate::slice::not_finite;
use crate::tensor::elements;
use crate::{Backend, Element, Error, Granularity, QuantParams, Result, Scheme};

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
        let mut params = Vec::with_capacity(scales.len());
        for (set, (limits, scale)) in self.limits(backend, x, scheme).zip(scales).enumerate() {
            // A channel without values is like one of zeros.
            let Limits { min, max } = if x.is_empty() { Limits::symmetric(0.0) } else { limits };
            let chosen = scheme.params(min, max).map_err(|error| match error {
                Error::InvalidLimits { .. } => not_finite(x),
                other => other.in_set(set, 0),
            })?;
            *scale = chosen.scale();
            if let Some(zero_point) = zero_points.get_mut(set) {
                *zero_point = chosen.zero_point();
            }
            params.push(chosen);
        }
        self.quantize_known(backend, x, &params, scheme.is_unsigned(), q);
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

    /// The same for looking at the tensor. Larger, as what was seen of each channel is to be merged.
    fn piece_to_see(of: usize) -> usize {
        of * (8 * CHUNK / of).max(1)
    }

    /// Whether a channel is slices that are long enough for kernels of their own.
    fn sliced(self) -> bool {
        self.inner >= BLOCK
    }

    /// Each channel's limits.
    fn limits<T: Element>(
        self,
        backend: Backend,
        x: &[T],
        scheme: Scheme,
    ) -> impl Iterator<Item = Limits> + use<T> {
        let extents: Vec<Extent> = (0..self.count).map(|_| Extent::new()).collect();
        let (limit, inner) = (backend.thread_limit(), self.inner);
        let symmetric = scheme.is_symmetric();
        if x.is_empty() {
        } else if self.sliced() {
            parallel::for_each(x.chunks(Self::piece_to_see(self.plane())), x.len(), limit, |x| {
                let mut limits = vec![Limits::NOTHING; self.count];
                T::plane_limits(backend, PlaneLimits { x, inner, symmetric, limits: &mut limits });
                extents.iter().zip(limits).for_each(|(extent, limits)| extent.widen(limits));
            });
        } else {
            let columns = self.columns();
            let traffic = Traffic::read(size_of_val(x));
            parallel::for_each(x.chunks(Self::piece_to_see(columns)), x.len(), limit, |x| {
                let mut min = vec![ordered(f32::INFINITY); if symmetric { 0 } else { columns }];
                let lowest = if symmetric { 0.0 } else { f32::NEG_INFINITY };
                let mut max = vec![ordered(lowest); columns];
                T::column_limits(
                    backend,
                    ColumnLimits { x, traffic, min: &mut min, max: &mut max },
                );
                for first in (0..columns).step_by(inner) {
                    let extent = &extents[first / inner % self.count];
                    for at in first..first + inner {
                        let max = number(max[at]);
                        extent.widen(match min.get(at) {
                            Some(&min) => Limits { min: number(min), max },
                            None => Limits::symmetric(max),
                        });
                    }
                }
            });
        }
        extents.into_iter().map(Extent::into_limits)
    }

    /// Quantizes values that are within the limits of their channels.
    fn quantize_known<T: Element>(
        self,
        backend: Backend,
        x: &[T],
        params: &[QuantParams],
        unsigned: bool,
        q: &mut [i8],
    ) {
        let limit = backend.thread_limit();
        if x.is_empty() {
        } else if self.sliced() {
            let (piece, inner) = (Self::piece(self.plane()), self.inner);
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), limit, |(x, q)| {
                T::quantize_planes(backend, QuantizePlanes { x, inner, params, unsigned, q });
            });
        } else {
            let columns = &Columns::new(&self.per_column(params), unsigned);
            let traffic = Traffic::read(size_of_val(x));
            let piece = Self::piece(self.columns());
            let pieces = x.chunks(piece).zip(q.chunks_mut(piece)).rev();
            parallel::for_each(pieces, x.len(), limit, |(x, q)| {
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
        let limit = backend.thread_limit();
        if q.is_empty() {
        } else if self.sliced() {
            let (piece, inner) = (Self::piece(self.plane()), self.inner);
            let pieces = q.chunks(piece).zip(x.chunks_mut(piece));
            parallel::for_each(pieces, q.len(), limit, |(q, x)| {
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
            parallel::for_each(pieces, q.len(), limit, |(q, x)| {
                T::dequantize_columns(backend, DequantizeColumns { q, unsigned, scales, less, x });
            });
        }
    }

    /// What each channel has, as often as the rows of the column kernels repeat it.
    fn per_column<P: Copy>(self, of_channels: &[P]) -> Vec<P> {
        let plane: Vec<P> =
            of_channels.iter().flat_map(|&p| core::iter::repeat_n(p, self.inner)).collect();
        plane.repeat(BLOCK.div_ceil(plane.len()))
    }
}
