//! Decides which values of a tensor share a scale, and how each such set is reached.

use super::channels::Channels;
use super::rows::{
    Groups, dequantize_groups, quantize_given, quantize_groups, quantize_whole,
    quantize_whole_given,
};
use crate::kernel::{DequantizeRows, QuantizeGiven, Quantized, Traffic};
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_params::Params;
use crate::shape::elements;
use crate::simd::Value;
use crate::{Backend, Error, Granularity, Result, Rows, RowsMut, Scheme};

/// The sets of values that share a scale.
#[derive(Clone, Copy, Debug)]
pub enum Sets {
    /// All values are one set.
    Whole,
    /// Every `group` values of a row are a set. The last set of a row may be shorter.
    Rows { rows: usize, row_len: usize, group: usize },
    /// The values of a channel are a set, across all planes.
    Channels(Channels),
}

impl Sets {
    #[inline(always)]
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

    /// The number of sets.
    #[inline(always)]
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

impl Sets {
    /// The set of the last value of a row of a matrix of `rows` rows, unless rows are empty and have
    /// no set.
    pub(crate) fn last_of_row(self, row: usize, rows: usize) -> Option<usize> {
        match self {
            Self::Whole => Some(0),
            Self::Rows { .. } => ((row + 1) * (self.count().ok()? / rows)).checked_sub(1),
            Self::Channels(channels) => channels.count.checked_sub(1),
        }
    }

    /// The number of values of the largest set, if there are `len` values.
    pub(crate) fn largest(self, len: usize) -> usize {
        match self {
            Self::Whole => len,
            Self::Rows { group, .. } => group,
            Self::Channels(channels) => len.checked_div(channels.count).unwrap_or(0),
        }
    }
}

/// The order in which the values of matrices are visited.
enum Laid {
    /// Row by row, with so many values of a row in each group. A group is a set, or all values are
    /// one set.
    Rows(usize),
    /// Channel by channel.
    Channels(Channels),
}

impl Sets {
    /// Chooses the order in which two matrices of the same dimensions are visited. If neither has
    /// gaps, both are cut anew into the rows that the sets are defined by, or into one row for each
    /// set if all sets are equally long. If one has gaps, both keep their rows, which are then the
    /// rows that the sets are defined by.
    #[inline(always)]
    fn lay<T, U>(self, x: &mut Rows<'_, T>, y: &mut RowsMut<'_, U>) -> Laid {
        let gapless = x.gapless().is_some() && y.is_gapless();
        let (rows, row_len, group) = match self {
            Self::Channels(channels) => return Laid::Channels(channels),
            Self::Whole if !gapless => return Laid::Rows(x.row_len()),
            Self::Rows { group, .. } if !gapless => return Laid::Rows(group),
            Self::Whole => (1, x.len(), x.len()),
            Self::Rows { rows, row_len, group }
                if row_len != 0 && row_len.is_multiple_of(group) =>
            {
                (rows * (row_len / group), group, group)
            }
            Self::Rows { rows, row_len, group } => (rows, row_len, group),
        };
        x.cut(rows, row_len);
        y.cut(rows, row_len);
        Laid::Rows(group)
    }
}

/// Quantizes `x` by parameters that are computed from the values of each set. The lengths agree. Sets
/// that are channels are quantized exactly.
pub(crate) fn quantize_sets<T: Value>(
    backend: Backend,
    sets: Sets,
    mut x: Rows<'_, T>,
    recipe: Recipe<'_>,
    traffic: Traffic,
    to: &mut Outputs<'_>,
) -> Result<()> {
    match sets.lay(&mut x, &mut to.q) {
        Laid::Channels(channels) => channels.quantize(backend, x, recipe.scheme, to),
        Laid::Rows(_) if matches!(sets, Sets::Whole) && x.rows() > 1 => {
            quantize_whole(backend, x, recipe, to)
        }
        Laid::Rows(group) => quantize_groups(backend, Groups { x: &x, group, recipe, traffic, to }),
    }
}

/// Quantizes `x` by given parameters. They are valid, and there are as many as sets. Sets that are
/// channels are quantized exactly.
pub(crate) fn quantize_sets_with<T: Value>(
    backend: Backend,
    sets: Sets,
    mut x: Rows<'_, T>,
    recipe: Recipe<'_>,
    params: Params<'_>,
    to: &mut Outputs<'_>,
) {
    match sets.lay(&mut x, &mut to.q) {
        Laid::Channels(channels) => {
            channels.quantize_given(backend, x, recipe.scheme, params, false, to);
        }
        Laid::Rows(_) if matches!(sets, Sets::Whole) => {
            let (scale, zero_point) = params.of_set(0);
            let of_all = recipe.given::<T>(scale, zero_point);
            let sum = quantize_whole_given(backend, x, recipe.scheme, of_all, false, to);
            to.sets.set_sum(0, sum, scale);
        }
        Laid::Rows(group) => {
            let (known, sum, to) = (false, to.sets.wants_sums(), to.reborrow());
            quantize_given(backend, QuantizeGiven { x, group, recipe, params, known, sum, to });
        }
    }
}

/// Dequantizes: x' = (q - zero_point) * scale, by the parameters of each set. The lengths agree.
pub(crate) fn dequantize_sets<T: Value>(
    backend: Backend,
    sets: Sets,
    mut from: Quantized<'_>,
    mut x: RowsMut<'_, T>,
) {
    match sets.lay(&mut from.q, &mut x) {
        Laid::Channels(channels) => channels.dequantize(backend, from, x),
        Laid::Rows(group) => dequantize_groups(backend, DequantizeRows { from, group, x }),
    }
}
