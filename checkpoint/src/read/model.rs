//! The tensors as a model sees them, whether they are stored as they are or quantized.

use std::collections::BTreeMap;

use safetensors::Dtype;

use super::place::{Files, Place};
use super::quantized_weight::{PARTS, QuantizedWeight};
use super::span::Span;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::format::{StoredGroups, stored_groups};
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
            Self::Quantized(weight) => &weight.shape,
        }
    }

    /// The type of the values that it stands for.
    pub(crate) fn dtype(&self) -> Dtype {
        match self {
            Self::Plain(place) => place.dtype,
            Self::Quantized(weight) => weight.scale.dtype,
        }
    }

    /// The index of the file that its values, or their scales, are in.
    pub(crate) fn shard(&self) -> usize {
        match self {
            Self::Plain(place) => place.shard,
            Self::Quantized(weight) => weight.scale.shard,
        }
    }

    /// Bytes that are read of its values or integers.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Plain(place) => place.len(),
            Self::Quantized(weight) => weight.weight.len(),
        }
    }

    /// The type of the tensor as text for the reader.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Plain(place) => place.dtype.to_string(),
            Self::Quantized(weight) => format!("int{}", weight.bits),
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
        let weights: Vec<String> = places
            .keys()
            .filter_map(|name| name.strip_suffix("_scale"))
            .filter(|name| name.ends_with(".weight"))
            .map(str::to_owned)
            .collect();
        let groups = match weights.first() {
            None => StoredGroups::default(),
            Some(first) => {
                let invalid = |source| Error::InvalidWeight { tensor: first.clone(), source };
                stored_groups(&checkpoint.config).map_err(invalid)?
            }
        };
        for name in weights {
            control.check()?;
            let mut part = |suffix: &str| places.remove(&format!("{name}{suffix}"));
            let parts = [part(""), part(PARTS[0]), part(PARTS[1]), part(PARTS[2]), part(PARTS[3])];
            let module = name.strip_suffix(".weight").unwrap_or(&name);
            let weight = QuantizedWeight::of(control, parts, groups.of(module), &model.files)?;
            let weight =
                weight.map_err(|source| Error::InvalidWeight { tensor: name.clone(), source })?;
            model.tensors.insert(name, Stored::Quantized(Box::new(weight)));
        }
        let is_quantized = checkpoint.config.quantized_by().is_some();
        for (name, place) in &places {
            control.check()?;
            refuse_part(name, place, is_quantized)?;
        }
        let plain = places.into_iter().map(|(name, place)| (name, Stored::Plain(place)));
        model.tensors.extend(plain);
        Ok(model)
    }
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
    if is_quantized && weight("").is_some() && place.dtype == Dtype::I8 {
        return missing(name, format!("is I8 and has no {name}_scale"));
    }
    Ok(())
}
