//! Which values of a tensor share a scale, and how each such set is reached.

use super::channels::Channels;
use super::rows::{Groups, dequantize_groups, quantize_groups};
use crate::kernel::{DequantizeRows, Quantized, QuantizedMut};
use crate::shape::elements;
use crate::simd::Value;
use crate::{Backend, Error, Granularity, Result, Scheme};

/// The sets of values that share a scale.
#[derive(Clone, Copy, Debug)]
pub enum Sets {
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
}

/// Quantizes `x` by the parameters of each set; the lengths agree.
pub(crate) fn quantize_sets<T: Value>(
    backend: Backend,
    sets: Sets,
    x: &[T],
    scheme: &Scheme,
    to: QuantizedMut<'_>,
) -> Result<()> {
    match sets {
        Sets::Rows { row_len, group, .. } => {
            quantize_groups(backend, Groups { x, row_len, group, scheme, to })
        }
        Sets::Channels(channels) => channels.quantize(backend, x, scheme, to),
    }
}

/// x' = (q - zero_point) * scale of the set; the lengths agree.
pub(crate) fn dequantize_sets<T: Value>(
    backend: Backend,
    sets: Sets,
    from: Quantized<'_>,
    x: &mut [T],
) {
    match sets {
        Sets::Rows { row_len, group, .. } => {
            dequantize_groups(backend, DequantizeRows { from, row_len, group, x });
        }
        Sets::Channels(channels) => channels.dequantize(backend, from, x),
    }
}
