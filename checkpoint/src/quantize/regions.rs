//! Finds values that share a scale and are too many for a slab.

use crate::plan::TensorPlan;
use crate::read::{LONGEST, Span};
use crate::scheme::{Clip, Granularity, WeightScheme};

/// A part of a row begins at a multiple of this number of values, where a word of packed integers
/// begins, whatever bits they have.
pub(super) const WORD: usize = 32;

/// How often a weight is read.
pub(super) fn passes(tensor: &TensorPlan, scheme: WeightScheme, clip: Clip) -> u64 {
    let shape: [usize; 2] = tensor.shape[..].try_into().unwrap_or_default();
    match (regions(&scheme, shape), clip) {
        (None, _) => 1,
        (Some(_), Clip::Mse) => 3,
        (Some(_), Clip::None | Clip::Percentile(_)) => 2,
    }
}

/// The values that share a scale, if they have to be read before they are quantized.
pub(super) fn regions(
    scheme: &WeightScheme,
    shape: [usize; 2],
) -> Option<impl Iterator<Item = Span> + use<>> {
    let [rows, row_len] = shape;
    let width = match scheme.granularity() {
        Granularity::Tensor => None,
        Granularity::Channel if row_len > LONGEST => Some(row_len),
        Granularity::Group(size) if size > LONGEST && size.is_multiple_of(WORD) => Some(size),
        _ => return None,
    };
    let (step, width) = width.map_or((rows.max(1), row_len), |width| (1, width));
    let of_row = move |row: usize| {
        let columns = (0..row_len).step_by(width.max(1));
        columns.map(move |c| Span { rows: row..row + step, columns: c..c + width })
    };
    Some((0..rows).step_by(step).flat_map(of_row))
}

/// The least common multiple, or [`usize::MAX`] if it overflows.
pub(super) fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b)
}
