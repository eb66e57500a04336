//! The tensors that a quantized weight is stored as. docs/formats.md describes them.

use safetensors::tensor::Dtype;

use super::layout::Entry;
use crate::scheme::{Granularity, WeightScheme};

/// The tensors that take the place of one weight.
#[derive(Clone, Debug)]
pub(crate) struct Parts<P> {
    /// The integers.
    pub(crate) weight: P,
    pub(crate) scale: P,
    /// The zero points of asymmetric schemes.
    pub(crate) zero_point: Option<P>,
    /// The weight's shape, where it is packed.
    pub(crate) shape: Option<P>,
}

impl Parts<Entry> {
    /// What takes the place of the weight `name`, of this dtype and two dimensions. Groups divide
    /// its rows.
    pub(crate) fn of(scheme: &WeightScheme, name: &str, dtype: Dtype, shape: [usize; 2]) -> Self {
        let [rows, row_len] = shape;
        let entry = |suffix: &str, dtype, shape: &[usize]| Entry {
            name: format!("{name}{suffix}"),
            dtype,
            shape: shape.to_vec(),
        };
        let sets = match scheme.granularity() {
            Granularity::Tensor => vec![1],
            _ => vec![rows, scheme.sets_per_row(row_len)],
        };
        let per_word = 32 / usize::from(scheme.name().stored_bits());
        let zero_point = if !scheme.has_packed_zero_points() {
            entry("_zero_point", Dtype::I8, &sets)
        } else {
            // Zero points are packed along the first axis.
            let mut packed = sets.clone();
            packed[0] = packed[0].div_ceil(per_word);
            entry("_zero_point", Dtype::I32, &packed)
        };
        Self {
            weight: if scheme.is_packed() {
                entry("_packed", Dtype::I32, &[rows, row_len.div_ceil(per_word)])
            } else {
                entry("", Dtype::I8, &shape)
            },
            scale: entry("_scale", dtype, &sets),
            zero_point: (!scheme.is_symmetric()).then_some(zero_point),
            shape: scheme.is_packed().then(|| entry("_shape", Dtype::I64, &[2])),
        }
    }
}

impl<P> Parts<P> {
    pub(crate) fn map<R>(self, mut f: impl FnMut(P) -> R) -> Parts<R> {
        Parts {
            weight: f(self.weight),
            scale: f(self.scale),
            zero_point: self.zero_point.map(&mut f),
            shape: self.shape.map(&mut f),
        }
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = P> {
        [Some(self.weight), Some(self.scale), self.zero_point, self.shape].into_iter().flatten()
    }
}
