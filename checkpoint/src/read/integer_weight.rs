//! A weight that is stored as integers in the form of compressed-tensors, and how it is read.

use std::ops::Range;

use absmax::{Backend, Element, Granularity, Packing, Params, Rows, RowsMut, Scheme};
use safetensors::Dtype;

use super::parameters::{Parameters, has_known_scales, scales};
use super::pieces::Buffers;
use super::place::{Files, Place};
use super::span::Span;
use crate::control::Control;
use crate::error::{Result, WeightError};
use crate::format::{StoredWeights, unpacked_zero_points};

/// Names that the parts of a quantized weight add to the weight's.
pub(super) const PARTS: [&str; 4] = ["_packed", "_scale", "_zero_point", "_shape"];

/// A weight [out, in] that is stored as integers, scales and what else they need.
#[derive(Clone, Debug)]
pub(crate) struct IntegerWeight {
    pub(super) weight: Place,
    pub(super) scale: Place,
    zero_point: Option<Place>,
    pub(super) shape: [usize; 2],
    /// How the integers are packed, if they are.
    packing: Option<Packing>,
    /// How the zero points are packed, if they are.
    zero_packing: Option<Packing>,
    /// How many bits each integer is stored in.
    pub(super) bits: u8,
    /// The granularity, for kernels.
    scheme: Scheme,
}

impl IntegerWeight {
    /// Puts a weight together from `.weight`, `.weight_packed`, `_scale`, `_zero_point` and
    /// `_shape`, and from what the config says of it.
    pub(super) fn of(
        control: &Control<'_>,
        [plain, packed, scale, zero_point, shape]: [Option<Place>; 5],
        config: Option<&StoredWeights>,
        files: &Files,
    ) -> Result<Result<Self, WeightError>> {
        let stored_shape = match &shape {
            Some(place) if place.dtype == Dtype::I64 && place.shape == [2] => {
                Some(files.bytes(control, place)?)
            }
            _ => None,
        };
        let parts = Parts { plain, packed, scale, zero_point, shape, stored_shape };
        Ok(parts.weight(config))
    }

    /// Reads the scales and zero points of the weight.
    pub(super) fn parameters(&self, control: &Control<'_>, files: &Files) -> Result<Parameters> {
        let scales = scales(control, files, &self.scale)?;
        control.check()?;
        let zero_points = match &self.zero_point {
            None => vec![0; scales.len()],
            Some(place) => {
                let columns = self.scale.shape.get(1).copied().unwrap_or(1);
                let bytes = files.bytes(control, place)?;
                unpacked_zero_points(&bytes, [scales.len() / columns, columns], self.zero_packing)?
            }
        };
        Ok(Parameters { scales, zero_points })
    }

    /// Dequantizes some whole rows, or a part of a row that begins where a word of integers does.
    pub(super) fn values<T: Element>(
        &self,
        (control, backend): (&Control<'_>, Backend),
        files: &Files,
        parameters: &Parameters,
        span: &Span,
        buffers: &mut Buffers,
        x: &mut [T],
    ) -> Result<()> {
        let row_len = self.shape[1];
        let Buffers { words, quantized, .. } = buffers;
        let q: &[i8] = match self.packing {
            None => files.read(control, &self.weight, span.elements(row_len), words)?,
            Some(packing) => {
                let [rows, columns] = span.shape();
                let start = packing.len(span.rows.start, row_len)?
                    + span.columns.start * usize::from(self.bits) / 8;
                let bytes = start..start + packing.len(rows, columns)?;
                quantized.resize(x.len(), 0);
                let packed = Place { dtype: Dtype::U8, ..self.weight.clone() };
                let packed: &[u8] = files.read(control, &packed, bytes, words)?;
                backend.unpack_into(packed, columns, packing, quantized)?;
                quantized
            }
        };
        self.dequantize(backend, parameters, span, q, x)
    }

    /// Dequantizes the integers of a span.
    fn dequantize<T: Element>(
        &self,
        backend: Backend,
        Parameters { scales, zero_points }: &Parameters,
        span: &Span,
        q: &[i8],
        x: &mut [T],
    ) -> Result<()> {
        let mut run = |[rows, row_len]: [usize; 2], sets: Range<usize>, elements: Range<usize>| {
            let params = Params::new(&scales[sets.clone()]).with_zero_points(&zero_points[sets]);
            let q = Rows::new(&q[elements.clone()], rows, row_len)?;
            let x = RowsMut::new(&mut x[elements], rows, row_len)?;
            backend.dequantize_rows(self.scheme, q, params, x)
        };
        let per_row = scales.len() / self.shape[0].max(1);
        let [rows, columns] = span.shape();
        if scales.len() == 1 {
            run([rows, columns], 0..1, 0..q.len())?;
        } else if columns == self.shape[1] {
            run([rows, columns], span.rows.start * per_row..span.rows.end * per_row, 0..q.len())?;
        } else {
            // A part of a row has what is left of the group that it begins in, and then the other
            // groups.
            let group = (self.shape[1] / per_row.max(1)).max(1);
            let first = span.rows.start * per_row;
            let head = (group - span.columns.start % group) % group;
            let head = head.min(columns);
            if head > 0 {
                let set = first + span.columns.start / group;
                run([1, head], set..set + 1, 0..head)?;
            }
            if head < columns {
                let sets = [span.columns.start + head, span.columns.end + group - 1];
                let [begin, end] = sets.map(|column| first + column / group);
                run([1, columns - head], begin..end, head..columns)?;
            }
        }
        Ok(())
    }
}

/// The tensors that a weight is put together from.
struct Parts {
    plain: Option<Place>,
    packed: Option<Place>,
    scale: Option<Place>,
    zero_point: Option<Place>,
    shape: Option<Place>,
    /// What `shape` holds, if it is of the right form.
    stored_shape: Option<Vec<u8>>,
}

impl Parts {
    fn weight(self, config: Option<&StoredWeights>) -> Result<IntegerWeight, WeightError> {
        let part = |text: String| Err(WeightError::Part(text));
        let scale = self.scale.ok_or(WeightError::Parts)?;
        let (weight, shape, bits) = match (self.plain, self.packed, self.shape) {
            (Some(weight), None, None) => {
                let shape = weight.shape[..].try_into().map_err(|_| WeightError::NotAMatrix)?;
                if weight.dtype != Dtype::I8 {
                    return part(format!("it has a scale and is {}", weight.dtype));
                }
                (weight, shape, 8)
            }
            (None, Some(packed), Some(stored)) => {
                if packed.dtype != Dtype::I32 {
                    return part(format!("_packed is {}, not I32", packed.dtype));
                }
                let Some(bytes) = self.stored_shape else {
                    return part(format!("_shape is {} {:?}", stored.dtype, stored.shape));
                };
                let dimension = |i: usize| {
                    let dimension = u64::from_le_bytes(std::array::from_fn(|j| bytes[8 * i + j]));
                    let too_large = |error: std::num::TryFromIntError| error.to_string();
                    usize::try_from(dimension).map_err(too_large).map_err(WeightError::Part)
                };
                let shape = [dimension(0)?, dimension(1)?];
                let of_config = config.map(|config| config.num_bits);
                let bits = packed_bits(&packed.shape, shape, of_config)?;
                (packed, shape, bits)
            }
            _ => return Err(WeightError::Parts),
        };
        let (scheme, columns) = scheme(&scale, shape)?;
        if let Some(config) = config {
            check_config(config, bits, shape[1] / columns, self.zero_point.is_some())?;
        }
        if !has_known_scales(&scale) {
            return part(format!("its scales are {}", scale.dtype));
        }
        let packing = if weight.dtype == Dtype::I32 { Some(Packing::words(bits)?) } else { None };
        // A single zero point is not packed.
        let zero_packing = packing.filter(|_| scheme.granularity() != Granularity::PerTensor);
        if let Some(zero_point) = &self.zero_point {
            let sets = scale.shape.iter().product::<usize>() / columns;
            let (dtype, height) = match zero_packing {
                Some(_) => (Dtype::I32, sets.div_ceil(32 / usize::from(bits))),
                None => (Dtype::I8, sets),
            };
            let found: usize = zero_point.shape.iter().product();
            if zero_point.dtype != dtype || found != height * columns {
                return part(format!(
                    "its zero points are {} {:?}, where {dtype} [{height}, {columns}] fits its \
                     scales",
                    zero_point.dtype, zero_point.shape
                ));
            }
        }
        let zero_point = self.zero_point;
        Ok(IntegerWeight { weight, scale, zero_point, shape, packing, zero_packing, bits, scheme })
    }
}

/// Which integers share a scale, for kernels, and how many scales stand in a row.
fn scheme(scale: &Place, shape: [usize; 2]) -> Result<(Scheme, usize), WeightError> {
    let scheme = Scheme::int8().affine();
    let [rows, row_len] = shape;
    Ok(match *scale.shape {
        [] | [1] => (scheme.per_tensor(), 1),
        [found, 1] if found == rows => (scheme.per_channel(0), 1),
        [found, groups] if found == rows && groups > 0 && row_len.is_multiple_of(groups) => {
            (scheme.per_group((row_len / groups).max(1))?, groups)
        }
        ref found => {
            let text = format!("its scales are {found:?}, which does not fit {shape:?}");
            return Err(WeightError::Part(text));
        }
    })
}

/// Checks that the config agrees with a weight of so many bits and with groups of so many values.
fn check_config(
    config: &StoredWeights,
    bits: u8,
    group: usize,
    has_zero_points: bool,
) -> Result<(), WeightError> {
    let StoredWeights { num_bits, r#type, symmetric, group_size, .. } = config;
    let contradiction = |text| Err(WeightError::Contradiction(text));
    if r#type != "int" {
        return contradiction(format!("that it is of type {type}, not int"));
    }
    if *num_bits > bits {
        return contradiction(format!("{num_bits} bits and it is stored in {bits}"));
    }
    if !symmetric && !has_zero_points {
        return contradiction("that it is not symmetric and it has no zero points".to_owned());
    }
    match group_size {
        Some(size) if *size > 0 && usize::try_from(*size) != Ok(group) => {
            contradiction(format!("groups of {size}, and its scales are of groups of {group}"))
        }
        _ => Ok(()),
    }
}

/// How many bits each integer takes in rows of words.
fn packed_bits(
    packed: &[usize],
    shape: [usize; 2],
    of_config: Option<u8>,
) -> Result<u8, WeightError> {
    let [rows, row_len] = shape;
    let fits = |bits: u8| {
        let words = row_len.checked_mul(bits.into()).map(|bits| bits.div_ceil(32));
        words.is_some_and(|words| packed == [rows, words])
    };
    let fitting: Vec<u8> = [2, 4, 8].into_iter().filter(|&bits| fits(bits)).collect();
    let of = match (&fitting[..], of_config) {
        (fitting, Some(bits)) if fitting.contains(&bits) => return Ok(bits),
        (&[bits], None) => return Ok(bits),
        (_, Some(bits)) => format!("{bits} bits, which the config says"),
        _ => "2, 4 or 8 bits, or the config does not say of which".to_owned(),
    };
    Err(WeightError::Packing { packed: packed.to_vec(), shape, of })
}
