//! Operations on the channels of a tensor whose channel axis is not the first. Such a tensor is a
//! sequence of planes [channels, inner].
//!
//! If a channel has at least a block of values in each plane, its values are slices, and the plane
//! kernels go through them one by one. Shorter channels are the columns of a matrix, which is read
//! row by row.

use alloc::vec;
use alloc::vec::Vec;
use core::iter;

use super::failure::set_error;
use super::parallel::{self, CHUNK};
use crate::kernel::{
    ColumnLimits, ColumnSums, Columns, DequantizeColumns, DequantizePlanes, PlaneLimits,
    QuantizeColumns, QuantizePlanes, Quantized, Traffic,
};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::simd::{BLOCK, Value, number, ordered};
use crate::{Backend, Result, Rows, RowsMut, Scheme};

/// Planes of `count` channels of `inner` values each.
#[derive(Clone, Copy, Debug)]
pub struct Channels {
    pub(super) count: usize,
    pub(super) inner: usize,
}

impl Channels {
    /// Quantizes `x` by parameters that are computed from the values of each channel. The lengths
    /// agree. If there are gaps between the rows of the input or the output, each row is a plane
    /// whose channels have one value.
    pub(super) fn quantize<T: Value>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        scheme: &Scheme,
        to: &mut Outputs<'_>,
    ) -> Result<()> {
        for (set, limits) in self.limits(backend, x, scheme).into_iter().enumerate() {
            let (scale, zero_point) = scheme.choose(limits);
            if !scale.is_finite() {
                return Err(set_error(x, Recipe::exact(scheme), limits).in_set(set, 0));
            }
            to.sets.set(set, scale, zero_point);
        }
        let Outputs { q, sets } = to.reborrow();
        let (params, sets) = sets.split();
        let (params, to) = (params.of_scheme(*scheme), &mut Outputs { q, sets });
        self.quantize_given(backend, x, scheme, params, true, to);
        Ok(())
    }

    /// The number of elements of one plane.
    fn plane(self) -> usize {
        self.count * self.inner
    }

    /// The number of elements of a row as the column kernels see it, which is as many planes side
    /// by side as fill a block.
    fn columns(self) -> usize {
        self.plane() * BLOCK.div_ceil(self.plane())
    }

    /// The number of elements of a piece that one thread takes at a time, which is a multiple of
    /// `of`.
    fn piece(of: usize) -> usize {
        of * (CHUNK / of).max(1)
    }

    /// Whether the slices of a channel are long enough for the plane kernels.
    fn sliced(self) -> bool {
        self.inner >= BLOCK
    }

    /// The size of the pieces that the column kernels get, or `None` if there are gaps between the
    /// rows: see [`Rows::slices`].
    fn slices(self, gapless: bool) -> Option<usize> {
        gapless.then_some(Self::piece(self.columns()))
    }

    /// The limits of each channel.
    fn limits<T: Value>(self, backend: Backend, x: Rows<'_, T>, scheme: &Scheme) -> Vec<Limits> {
        let elements = x.len();
        if elements == 0 {
            // A channel without values has the limits of zeros.
            return vec![Limits::symmetric(0.0); self.count];
        }
        let (threads, inner, symmetric) = (backend.threads(), self.inner, scheme.is_symmetric());
        match x.gapless() {
            Some(x) if self.sliced() => {
                let new = || vec![Limits::NOTHING; self.count];
                let see = |limits: &mut Vec<Limits>, x| {
                    backend.run(PlaneLimits { x, inner, symmetric, limits });
                };
                let merge = |mut one: Vec<Limits>, other: Vec<Limits>| {
                    one.iter_mut().zip(other).for_each(|(one, other)| *one = one.merge(other));
                    one
                };
                let pieces = x.chunks(Self::piece(self.plane()));
                parallel::fold(pieces, elements, threads, new, see, merge)
            }
            gapless => {
                let columns = self.columns();
                let new = || ColumnExtents::new(columns, symmetric);
                let traffic = Traffic::read(elements * size_of::<T>());
                let see = |seen: &mut ColumnExtents, x| {
                    let ColumnExtents { min, max } = seen;
                    backend.run(ColumnLimits { x, traffic, min, max });
                };
                let slices = x.slices(self.slices(gapless.is_some()));
                let merge = ColumnExtents::merge;
                parallel::fold(slices, elements, threads, new, see, merge).of_channels(self)
            }
        }
    }

    /// Quantizes `x` by a given scale and zero point of each channel. `known` says whether they
    /// were computed from finite values that include these. Of the outputs for each set, only sums
    /// are written.
    pub(super) fn quantize_given<T: Value>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        scheme: &Scheme,
        params: Params<'_>,
        known: bool,
        to: &mut Outputs<'_>,
    ) {
        let Outputs { q, mut sets } = to.reborrow();
        let wanted = sets.wants_sums();
        let sums = self.quantize_by(backend, x, scheme, params, known, (q, wanted));
        for (set, (sum, (scale, _))) in sums.into_iter().zip(params.iter()).enumerate() {
            sets.set_sum(set, sum, scale);
        }
    }

    /// Quantizes `x` and returns the sum of the integers of each channel, or nothing if they
    /// are not added up.
    fn quantize_by<T: Value>(
        self,
        backend: Backend,
        x: Rows<'_, T>,
        scheme: &Scheme,
        params: Params<'_>,
        known: bool,
        (q, add): (RowsMut<'_, i8>, bool),
    ) -> Vec<i32> {
        let (threads, elements) = (backend.threads(), x.len());
        if elements == 0 {
            return vec![0; if add { self.count } else { 0 }];
        }
        let merge = |mut one: Vec<i32>, other: Vec<i32>| {
            one.iter_mut().zip(other).for_each(|(one, other)| *one = one.wrapping_add(other));
            one
        };
        let unsigned = scheme.is_unsigned();
        match x.gapless() {
            Some(x) if self.sliced() => {
                let (piece, inner) = (Self::piece(self.plane()), self.inner);
                let params = params.iter().map(|(scale, zero)| scheme.valid_params(scale, zero));
                let params = &params.collect::<Vec<_>>()[..];
                let pieces = x.chunks(piece).zip(q.into_slice().chunks_mut(piece)).rev();
                let new = || vec![0; if add { self.count } else { 0 }];
                let quantize = |sums: &mut Vec<i32>, (x, q)| {
                    backend.run(QuantizePlanes { x, inner, params, known, unsigned, q, sums });
                };
                parallel::fold(pieces, elements, threads, new, quantize, merge)
            }
            gapless => {
                let (scales, zero_points) = params.unzip();
                let zero_points = self.per_column(zero_points);
                let columns = &Columns::new(*scheme, self.per_column(scales), &zero_points, known);
                let traffic = Traffic::read(elements * size_of::<T>());
                let piece = self.slices(gapless.is_some() && q.is_gapless());
                let slices = x.slices(piece).zip(q.slices(piece)).rev();
                let new = || vec![0; if add { self.columns() } else { 0 }];
                let quantize = |sums: &mut Vec<i32>, (x, q): (_, &mut [i8])| {
                    backend.run(QuantizeColumns { x, columns, traffic, q: &mut *q });
                    if add {
                        // The slice is still in the cache.
                        backend.run(ColumnSums { q, unsigned, sums });
                    }
                };
                let sums = parallel::fold(slices, elements, threads, new, quantize, merge);
                if add { self.add_columns(&sums) } else { sums }
            }
        }
    }

    /// The sums of the channels, each of which several columns may belong to.
    fn add_columns(self, columns: &[i32]) -> Vec<i32> {
        let mut sums = vec![0i32; self.count];
        for (slice, channel) in columns.chunks_exact(self.inner).zip((0..self.count).cycle()) {
            sums[channel] = slice.iter().copied().fold(sums[channel], i32::wrapping_add);
        }
        sums
    }

    /// Dequantizes: x' = (q - zero_point) * scale, by the parameters of each channel. The lengths
    /// agree.
    pub(super) fn dequantize<T: Value>(
        self,
        backend: Backend,
        from: Quantized<'_>,
        x: RowsMut<'_, T>,
    ) {
        let Quantized { q, unsigned, params } = from;
        let (threads, elements) = (backend.threads(), q.len());
        if elements == 0 {
            return;
        }
        match q.gapless() {
            Some(q) if self.sliced() => {
                let (piece, inner) = (Self::piece(self.plane()), self.inner);
                let pieces = q.chunks(piece).zip(x.into_slice().chunks_mut(piece));
                parallel::for_each(pieces, elements, threads, |(q, x)| {
                    backend.run(DequantizePlanes { q, unsigned, params, inner, x });
                });
            }
            gapless => {
                let (scales, zero_points) = params.unzip();
                let less = zero_points.into_iter().map(|z| -z as f32).collect();
                let (scales, less) = (&self.per_column(scales), &self.per_column(less));
                let piece = self.slices(gapless.is_some() && x.is_gapless());
                let slices = q.slices(piece).zip(x.slices(piece));
                parallel::for_each(slices, elements, threads, |(q, x)| {
                    backend.run(DequantizeColumns { q, unsigned, scales, less, x });
                });
            }
        }
    }

    /// A parameter of each channel, repeated for every column that the column kernels see.
    fn per_column<P: Copy>(self, of_channels: Vec<P>) -> Vec<P> {
        let columns = self.columns();
        if of_channels.len() == columns {
            return of_channels;
        }
        let mut plane = Vec::with_capacity(columns);
        of_channels.iter().for_each(|&p| plane.extend(iter::repeat_n(p, self.inner)));
        while plane.len() < columns {
            plane.extend_from_within(..self.plane());
        }
        plane
    }
}

/// The limits of columns, as [`ColumnLimits`] widens them.
struct ColumnExtents {
    /// Empty if only magnitudes matter.
    min: Vec<i32>,
    max: Vec<i32>,
}

impl ColumnExtents {
    /// The limits of columns in which no value has been seen.
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

    /// The limits of the channels, each of which several columns may belong to.
    fn of_channels(&self, channels: Channels) -> Vec<Limits> {
        let Channels { count, inner } = channels;
        let of_column = |at: usize| {
            let max = number(self.max[at]);
            Limits { min: self.min.get(at).map_or(-max, |&min| number(min)), max }
        };
        let of_slice = |first: usize| {
            (first + 1..first + inner).fold(of_column(first), |seen, at| seen.merge(of_column(at)))
        };
        let mut slices = (0..self.max.len()).step_by(inner).map(of_slice);
        let mut limits: Vec<_> = slices.by_ref().take(count).collect();
        // There is more than one plane where one is shorter than a block.
        for (seen, channel) in slices.zip((0..count).cycle()) {
            limits[channel] = limits[channel].merge(seen);
        }
        limits
    }
}
