//! The tensors as a model sees them, whether they are stored as they are or quantized.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use super::fp8_weight::Fp8Weight;
use super::integer_weight::{IntegerWeight, PARTS};
use super::place::{Files, Place};
use super::quantized_weight::QuantizedWeight;
use super::run_time::is_of_run_time;
use super::span::Span;
use crate::architecture::is_narrow_float;
use crate::control::Control;
use crate::error::{Error, Result, WeightError};
use crate::format::{StoredGroups, Tensor, stored_groups};
use crate::source::Checkpoint;

/// A tensor by the name that the model has for it.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Plain(Place),
    Quantized(Box<QuantizedWeight>),
}

impl Stored {
    pub(crate) fn shape(&self) -> &[usize] {
        match self {
            Self::Plain(place) => &place.shape,
            Self::Quantized(weight) => weight.shape(),
        }
    }

    /// The type of the values that it stands for.
    pub(crate) fn dtype(&self) -> Dtype {
        match self {
            Self::Plain(place) => place.dtype,
            Self::Quantized(weight) => weight.dtype(),
        }
    }

    /// The index of the file that its values, or their scales, are in.
    pub(crate) fn shard(&self) -> usize {
        match self {
            Self::Plain(place) => place.shard,
            Self::Quantized(weight) => weight.places()[1].shard,
        }
    }

    /// Where its values or integers begin in their file.
    pub(crate) fn from(&self) -> u64 {
        match self {
            Self::Plain(place) => place.from,
            Self::Quantized(weight) => weight.places()[0].from,
        }
    }

    /// Bytes that are read of its values or integers.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Plain(place) => place.len(),
            Self::Quantized(weight) => weight.places()[0].len(),
        }
    }

    /// The type of the tensor as text for the reader.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Plain(place) => place.dtype.to_string(),
            Self::Quantized(weight) => weight.kind(),
        }
    }

    /// All of the tensor as rows, which have one element each unless it has two dimensions.
    pub(crate) fn span(&self) -> Span {
        Span::whole(match *self.shape() {
            [rows, row_len] => [rows, row_len],
            ref shape => [shape.iter().product(), 1],
        })
    }
}

/// A checkpoint's files and the tensors in them.
#[derive(Debug)]
pub(crate) struct StoredModel {
    pub(crate) files: Files,
    pub(crate) tensors: BTreeMap<String, Stored>,
}

impl StoredModel {
    pub(crate) fn of(control: &Control<'_>, checkpoint: &Checkpoint) -> Result<Self> {
        let mut places = BTreeMap::new();
        for (i, shard) in checkpoint.shards.iter().enumerate() {
            for tensor in &shard.header.tensors {
                control.check()?;
                places.insert(tensor.name.clone(), Place::of(i, shard, tensor));
            }
        }
        let mut model = Self { files: Files::open(checkpoint)?, tensors: BTreeMap::new() };
        let scales = |name: &String| {
            let weight = name.strip_suffix("_scale_inv").or(name.strip_suffix("_scale"))?;
            weight.ends_with(".weight").then(|| weight.to_owned())
        };
        let weights: BTreeSet<String> = places.keys().filter_map(scales).collect();
        let groups = match weights.first() {
            None => StoredGroups::default(),
            Some(first) => {
                let invalid = |source| Error::InvalidWeight { tensor: first.clone(), source };
                stored_groups(&checkpoint.config).map_err(invalid)?
            }
        };
        let dtype = checkpoint.config.float_dtype();
        for name in &weights {
            control.check()?;
            let weight = weight(control, name, &mut places, (&groups, dtype), &model.files)?;
            let weight =
                weight.map_err(|source| Error::InvalidWeight { tensor: name.clone(), source })?;
            model.tensors.insert(name.clone(), Stored::Quantized(Box::new(weight)));
        }
        let is_quantized = checkpoint.config.quantized_by().is_some();
        if is_quantized || !weights.is_empty() {
            places.retain(|_, place| !is_of_run_time(place, &weights, groups.quantizes_caches));
        }
        for (name, place) in &places {
            control.check()?;
            refuse_part(name, place, is_quantized)?;
        }
        let plain = places.into_iter().map(|(name, place)| (name, Stored::Plain(place)));
        model.tensors.extend(plain);
        Ok(model)
    }
}

impl StoredModel {
    /// Makes `checkpoint` look like the float model that it stands for: it has the tensors of that,
    /// and its config does not speak of quantization. They are to be read from this model.
    pub(crate) fn show_in(&self, control: &Control<'_>, checkpoint: &mut Checkpoint) -> Result<()> {
        checkpoint.shards.iter_mut().for_each(|shard| shard.header.tensors.clear());
        for (name, stored) in &self.tensors {
            control.check()?;
            let header = &mut checkpoint.shards[stored.shard()].header;
            // The order of the tensors stays that of their data.
            let begin = stored.from().saturating_sub(header.data_start) as usize;
            let (dtype, shape) = (stored.dtype(), stored.shape().to_vec());
            let len = shape.iter().product::<usize>() * dtype.bitsize() / 8;
            let info = TensorInfo { dtype, shape, data_offsets: (begin, begin + len) };
            header.tensors.push(Tensor { name: name.clone(), info });
        }
        for shard in &mut checkpoint.shards {
            shard.header.tensors.sort_by_key(|tensor| tensor.info.data_offsets);
        }
        checkpoint.forget_quantization();
        Ok(())
    }
}

/// Takes the parts of a weight from `places`, and puts it together.
fn weight(
    control: &Control<'_>,
    name: &str,
    places: &mut BTreeMap<String, Place>,
    (groups, dtype): (&StoredGroups, Option<Dtype>),
    files: &Files,
) -> Result<Result<QuantizedWeight, WeightError>> {
    let module = name.strip_suffix(".weight").unwrap_or(name);
    let mut part = |suffix: &str| places.remove(&format!("{name}{suffix}"));
    let (plain, inverse) = (part(""), part("_scale_inv"));
    let is_fp8 = plain.as_ref().is_some_and(|place| is_narrow_float(place.dtype));
    if is_fp8 || inverse.is_some() {
        let (Some(plain), Some(scale)) = (plain, part("_scale").xor(inverse)) else {
            return Ok(Err(WeightError::Parts));
        };
        let block = groups.fp8_block(module);
        let weight = block.and_then(|block| Fp8Weight::of(plain, scale, block, dtype));
        return Ok(weight.map(QuantizedWeight::Fp8));
    }
    let parts = [plain, part(PARTS[0]), part(PARTS[1]), part(PARTS[2]), part(PARTS[3])];
    let group = match groups.integers(module) {
        Ok(group) => group,
        Err(error) => return Ok(Err(error)),
    };
    let weight = IntegerWeight::of(control, parts, group, files)?;
    Ok(weight.map(QuantizedWeight::Integers))
}

/// Refuses a tensor that is left after every weight has taken its parts, if it is a part of a
/// weight.
fn refuse_part(name: &str, place: &Place, is_quantized: bool) -> Result<()> {
    let weight = |suffix: &str| name.strip_suffix(suffix).filter(|name| name.ends_with(".weight"));
    if let Some(weight) = weight("_g_idx") {
        return Err(Error::GroupOrder { tensor: weight.to_owned(), part: name.to_owned() });
    }
    let missing =
        |tensor: &str, problem| Err(Error::MissingPart { tensor: tensor.to_owned(), problem });
    if let Some((weight, part)) = PARTS.iter().find_map(|part| Some((weight(part)?, part))) {
        return missing(weight, format!("has no {weight}_scale beside {weight}{part}"));
    }
    let is_narrow = place.dtype == Dtype::I8 || is_narrow_float(place.dtype);
    if is_quantized && weight("").is_some() && is_narrow {
        return missing(name, format!("is {} and has no {name}_scale", place.dtype));
    }
    Ok(())
}
