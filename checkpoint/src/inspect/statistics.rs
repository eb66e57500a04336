//! Finds the range of a tensor's values, and how far the largest values are from the rest.

use std::ops::Range;

use absmax::{Element, in_default_environment};
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};

use crate::control::Control;
use crate::error::Result;
use crate::read::{Buffers, Files, Place, SLAB, Workshop};

/// The range of a tensor's finite values. Fields are `None` if there are no such values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Statistics {
    /// The least value.
    pub min: Option<f64>,
    /// The largest value.
    pub max: Option<f64>,
    /// The largest magnitude.
    pub abs_max: Option<f64>,
    /// The mean of the magnitudes.
    pub mean_abs: Option<f64>,
    /// max |x| / mean |x|, or `None` if all values are zero. Where it is large, one scale for all
    /// values is a coarse one.
    pub outlier: Option<f64>,
    /// How many values are zero.
    pub zeros: u64,
    /// How many values are NaN or infinite.
    pub not_finite: u64,
}

/// Whether a tensor of this type has statistics: floats that numbers can be read from, and int8,
/// which is stored one value a byte. Other integers may be packed.
pub(super) fn has_statistics(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::I8)
}

/// The statistics of a tensor, if it has any.
///
/// A thread holds one slab at a time, 1 MiB of F64 and half or less of others, and less than 100
/// bytes are kept of each slab done. Slabs are the same on any number of threads, and are added
/// up in order.
pub(super) fn statistics(
    control: &Control<'_>,
    files: &Files,
    place: &Place,
    workshop: &Workshop,
) -> Result<Option<Statistics>> {
    if !has_statistics(place.dtype) {
        return Ok(None);
    }
    let len: usize = place.shape.iter().product();
    let slabs = (0..len).step_by(SLAB).map(|first| first..len.min(first + SLAB));
    let sums =
        workshop.run(control, slabs, |slab, buffers| sums(control, files, place, slab, buffers))?;
    let of_all = || sums.into_iter().fold(Sums::default(), Sums::merge).into();
    Ok(Some(in_default_environment(of_all)))
}

/// The sums over values that statistics are made of.
#[derive(Clone, Copy, Debug)]
struct Sums {
    finite: u64,
    min: f64,
    max: f64,
    abs: f64,
    zeros: u64,
    not_finite: u64,
}

impl Default for Sums {
    fn default() -> Self {
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { finite: 0, min, max, abs: 0.0, zeros: 0, not_finite: 0 }
    }
}

impl Sums {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sums = Self::default();
        for x in values {
            if x.is_finite() {
                sums.finite += 1;
                sums.min = if x < sums.min { x } else { sums.min };
                sums.max = if x > sums.max { x } else { sums.max };
                sums.abs += x.abs();
                sums.zeros += u64::from(x == 0.0);
            } else {
                sums.not_finite += 1;
            }
        }
        sums
    }

    fn merge(self, other: Self) -> Self {
        Self {
            finite: self.finite + other.finite,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            abs: self.abs + other.abs,
            zeros: self.zeros + other.zeros,
            not_finite: self.not_finite + other.not_finite,
        }
    }
}

impl From<Sums> for Statistics {
    fn from(sums: Sums) -> Self {
        let Sums { finite, min, max, abs, zeros, not_finite } = sums;
        let some = |x: f64| (finite > 0).then_some(x);
        // A zero is +0 whatever its sign.
        let (min, max) = (min + 0.0, max + 0.0);
        let (abs_max, mean_abs) = (min.abs().max(max.abs()), abs / finite as f64);
        Self {
            min: some(min),
            max: some(max),
            abs_max: some(abs_max),
            mean_abs: some(mean_abs),
            outlier: some(abs_max / mean_abs).filter(|_| mean_abs > 0.0),
            zeros,
            not_finite,
        }
    }
}

fn sums(
    control: &Control<'_>,
    files: &Files,
    place: &Place,
    slab: Range<usize>,
    buffers: &mut Buffers,
) -> Result<Sums> {
    match place.dtype {
        Dtype::F64 => {
            // F64 is read byte by byte, because the buffer is not aligned for it.
            let bytes = slab.start * 8..slab.end * 8;
            let bytes: &[u8] = files.read(control, place, bytes, &mut buffers.words)?;
            Ok(Sums::of(bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes))))
        }
        Dtype::F16 => floats::<f16>(control, files, place, slab, buffers),
        Dtype::BF16 => floats::<bf16>(control, files, place, slab, buffers),
        Dtype::I8 => {
            let values: &[i8] = files.read(control, place, slab, &mut buffers.words)?;
            Ok(Sums::of(values.iter().map(|&q| q.into())))
        }
        _ => floats::<f32>(control, files, place, slab, buffers),
    }
}

fn floats<T: Element + AnyBitPattern + NoUninit>(
    control: &Control<'_>,
    files: &Files,
    place: &Place,
    slab: Range<usize>,
    buffers: &mut Buffers,
) -> Result<Sums> {
    let values: &[T] = files.read(control, place, slab, &mut buffers.words)?;
    Ok(Sums::of(values.iter().map(|x| x.to_f32().into())))
}
