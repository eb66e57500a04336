//! Which values of a tensor share a scale, and how each such set is reached.

use alloc::vec::Vec;

use super::channels::Channels;
use super::rows::{Groups, dequantize_groups, quantize_given, quantize_groups, quantize_whole};
use crate::kernel::{DequantizeRows, QuantizeGiven, Quantized};
use crate::shape::elements;
use crate::simd::Value;
use crate::stored::Params;
use crate::{Backend, Error, Granularity, QuantizedMut, Result, Rows, RowsMut, Scheme};

/// The sets of values that share a scale.
#[derive(Clone, Copy, Debug)]
pub enum Sets {
    /// All values are one.
    Whole,
    /// So many rows, in each of which every `group` values are a set; the last one may be shorter.
    Rows { rows: usize, row_len: usize, group: usize },
    /// The channels of several planes.
    Channels(Channels),
}

impl Sets {
    pub(crate) fn new(scheme: Scheme, shape: &[usize]) -> Result<Self> {
        let rank = shape.len();
        match scheme.granularity() {
            Granularity::PerTensor => {
                elements(shape)?;
                Ok(Self::Whole)
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
            Self::Whole => Ok(1),
            Self::Rows { rows, row_len, group } if group != row_len => {
                rows.checked_mul(row_len.div_ceil(group)).ok_or(Error::SizeOverflow)
            }
            Self::Rows { rows, .. } => Ok(rows),
            Self::Channels(channels) => Ok(channels.count),
        }
    }
}

/// Two matrices of one layout, and how their values are gone through.
enum Laid<'a, 'b, T, U> {
    /// Row by row, in each of which so many values at a time are a set; or all values are one.
    Rows(Rows<'a, T>, RowsMut<'b, U>, usize),
    /// Channel by channel.
    Channels(Rows<'a, T>, RowsMut<'b, U>, Channels),
}

impl Sets {
    /// Where there are no gaps, rows become what the sets say they are, and sets that follow each other
    /// become rows. Where there are some, rows are what the sets say already.
    fn lay<'a, 'b, T, U>(self, x: Rows<'a, T>, y: RowsMut<'b, U>) -> Laid<'a, 'b, T, U> {
        let (rows, row_len, group) = match self {
            Self::Channels(channels) => return Laid::Channels(x, y, channels),
            Self::Whole => (1, x.len(), x.len()),
            Self::Rows { rows, row_len, group }
                if row_len != 0 && row_len.is_multiple_of(group) =>
            {
                (rows * (row_len / group), group, group)
            }
            Self::Rows { rows, row_len, group } => (rows, row_len, group),
        };
        match (self, x.gapless()) {
            (_, Some(x)) if y.is_gapless() => {
                let y = RowsMut::gapless_of(y.into_slice(), rows, row_len);
                Laid::Rows(Rows::gapless_of(x, rows, row_len), y, group)
            }
            (Self::Whole, _) => Laid::Rows(x, y, x.row_len()),
            _ => Laid::Rows(x, y, group),
        }
    }
}

/// Quantizes `x` by the parameters of each set; the lengths agree.
pub(crate) fn quantize_sets<T: Value>(
    backend: Backend,
    sets: Sets,
    x: Rows<'_, T>,
    scheme: &Scheme,
    to: QuantizedMut<'_, i8>,
) -> Result<()> {
    let QuantizedMut { q, params } = to;
    match sets.lay(x, q) {
        Laid::Channels(x, q, channels) => {
            channels.quantize(backend, x, scheme, QuantizedMut { q, params })
        }
        Laid::Rows(x, q, _) if matches!(sets, Sets::Whole) && x.rows() > 1 => {
            quantize_whole(backend, x, scheme, QuantizedMut { q, params })
        }
        Laid::Rows(x, q, group) => {
            quantize_groups(backend, Groups { x, group, scheme, to: QuantizedMut { q, params } })
        }
    }
}

/// Quantizes `x` by parameters that are given, valid, and as many as there are sets.
pub(crate) fn quantize_sets_with<T: Value>(
    backend: Backend,
    sets: Sets,
    x: Rows<'_, T>,
    scheme: &Scheme,
    params: Params<'_>,
    q: RowsMut<'_, i8>,
) {
    match sets.lay(x, q) {
        Laid::Channels(x, q, channels) => {
            let params: Vec<_> = params.iter().collect();
            channels.quantize_given(backend, x, scheme, &params, false, q);
        }
        Laid::Rows(x, q, group) => {
            let scheme = *scheme;
            quantize_given(backend, QuantizeGiven { x, group, scheme, params, known: false, q });
        }
    }
}

/// x' = (q - zero_point) * scale of the set; the lengths agree.
pub(crate) fn dequantize_sets<T: Value>(
    backend: Backend,
    sets: Sets,
    from: Quantized<'_>,
    x: RowsMut<'_, T>,
) {
    let Quantized { q, unsigned, params } = from;
    match sets.lay(q, x) {
        Laid::Channels(q, x, channels) => {
            channels.dequantize(backend, Quantized { q, unsigned, params }, x);
        }
        Laid::Rows(q, x, group) => {
            let from = Quantized { q, unsigned, params };
            dequantize_groups(backend, DequantizeRows { from, group, x });
        }
    }
}
