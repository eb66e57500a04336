//! Reads what `config.json` says of the model.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::Dtype;
use serde::de::Error as _;
use serde_json::Value;
use serde_json::value::RawValue;

use super::file::read_text;
use super::json::{Members, parse};
use super::object_text::{MOST_LEVELS, ObjectText};
use crate::control::Control;
use crate::error::{Error, Result};

pub(super) const QUANTIZATION_CONFIG: &str = "quantization_config";

/// Keys under which checkpoints say that they are quantized already.
const QUANTIZED_KEYS: [&str; 3] = [QUANTIZATION_CONFIG, COMPRESSION_CONFIG, MLX];

const COMPRESSION_CONFIG: &str = "compression_config";

const MLX: &str = "quantization";

/// Keys under which checkpoints name the type of their weights.
const DTYPE_KEYS: [&str; 2] = ["dtype", "torch_dtype"];

#[derive(Debug, Default)]
pub(crate) struct Config {
    text: ObjectText,
    /// What the text says.
    members: Members,
    /// The members that are objects: parts of the model may be other models.
    parts: Vec<(String, Config)>,
}

impl Config {
    pub(crate) fn read(control: &Control<'_>, path: &Path) -> Result<Self> {
        let invalid = |source| Error::InvalidConfig { path: path.to_path_buf(), source };
        let text = read_text(control, path)?.map_err(|error| invalid(error.into()))?;
        let text = ObjectText::of(text);
        let members = parse(control, text.json())?.map_err(|error| invalid(error.into()))?;
        let config = Self::of(text, members, MOST_LEVELS);
        config.map_err(|error| invalid(error.into()))
    }

    /// The config with parts of parts, to so many levels.
    fn of(text: ObjectText, members: Members, levels: usize) -> serde_json::Result<Self> {
        let is_object = |value: &RawValue| levels > 0 && value.get().starts_with('{');
        let objects = members.iter().filter(|(_, value)| is_object(value));
        let parts = objects.map(|(key, value)| {
            let part = serde_json::from_str(value.get());
            let part = part.and_then(|part| Self::of(ObjectText::default(), part, levels - 1));
            let part = part.map_err(|error| {
                serde_json::Error::custom(format_args!("in the value of {key:?}: {error}"))
            })?;
            Ok((key.to_owned(), part))
        });
        Ok(Self { parts: parts.collect::<serde_json::Result<_>>()?, members, text })
    }

    /// The value of a member, unless it is null.
    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        self.members.get(key).filter(|value| value.get() != "null")
    }

    /// The key that says that the model is quantized already.
    pub(crate) fn quantized_by(&self) -> Option<&'static str> {
        // MLX's key is a word that may mean something else, if its value is no object.
        let is_said =
            |key: &str, value: &str| value != "null" && (key != MLX || value.starts_with('{'));
        let has = |config: &Self, key: &str| {
            config.members.get(key).is_some_and(|value| is_said(key, value.get()))
        };
        // Models of several parts keep a config for each.
        let parts = self.parts_of_parts();
        let is_quantized =
            |key: &&str| has(self, key) || parts.iter().any(|(_, part)| has(part, key));
        QUANTIZED_KEYS.into_iter().find(is_quantized)
    }

    /// What the config calls the method by which the model is quantized.
    pub(crate) fn quant_method(&self) -> Option<String> {
        self.quantization()?.get("quant_method")?.as_str().map(str::to_owned)
    }

    /// The first value of a key that is not null, in the config or in that of one of its parts.
    pub(crate) fn find(&self, key: &str) -> Option<Value> {
        let value = |config: &Self| config.members.get_as::<Value>(key).filter(|v| !v.is_null());
        let parts = self.parts_of_parts().into_iter();
        value(self).or_else(|| parts.map(|(_, part)| part).find_map(value))
    }

    /// The kind of model, as transformers names it.
    pub(crate) fn model_type(&self) -> Option<String> {
        self.members.get_as("model_type")
    }

    /// The config of a part of the model, which may be another model.
    pub(crate) fn part(&self, key: &str) -> Option<&Self> {
        self.parts.iter().find(|(known, _)| known == key).map(|(_, part)| part)
    }

    /// The configs of all parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Self> {
        self.parts.iter().map(|(_, part)| part)
    }

    /// The configs of all parts and of their parts, with the keys that lead to each.
    pub(crate) fn parts_of_parts(&self) -> Vec<(Vec<&str>, &Self)> {
        let mut found = Vec::new();
        self.add_parts(&[], &mut found);
        found
    }

    fn add_parts<'a>(&'a self, path: &[&'a str], found: &mut Vec<(Vec<&'a str>, &'a Self)>) {
        for (key, part) in &self.parts {
            let path = [path, &[key]].concat();
            found.push((path.clone(), part));
            part.add_parts(&path, found);
        }
    }

    /// The numbers of words that the model and its parts know.
    pub(crate) fn vocabularies(&self) -> Vec<usize> {
        let own = self.members.get_as("vocab_size").into_iter();
        own.chain(self.parts().filter_map(|part| part.members.get_as("vocab_size"))).collect()
    }

    /// Whether the head shares the weight of the embedding, and then has none on disk.
    pub(crate) fn ties_words(&self) -> bool {
        self.members.get_as("tie_word_embeddings").unwrap_or(false)
    }

    /// Whether the model is run by code that comes with the checkpoint.
    pub(crate) fn has_own_code(&self) -> bool {
        self.get("auto_map").is_some()
    }

    /// The classes that load the model.
    pub(crate) fn architectures(&self) -> Vec<String> {
        self.members.get_as("architectures").unwrap_or_default()
    }

    /// The type that loaders will give to the weights, where the config says.
    pub(crate) fn dtype(&self) -> Option<(&'static str, Dtype)> {
        DTYPE_KEYS
            .into_iter()
            .find_map(|key| Some((key, dtype_of(&self.members.get_as::<String>(key)?)?)))
    }

    /// The same, where a part of the model may say it.
    pub(crate) fn float_dtype(&self) -> Option<Dtype> {
        let of_part = || DTYPE_KEYS.into_iter().find_map(|key| dtype_of(self.find(key)?.as_str()?));
        self.dtype().map(|(_, dtype)| dtype).or_else(of_part)
    }

    /// What the config says of how the model is quantized.
    pub(crate) fn quantization(&self) -> Option<Value> {
        self.find(self.quantized_by()?)
    }

    /// The config without what it says of quantization.
    pub(crate) fn dequantized(mut self) -> Self {
        // MLX's key may be another word of the model's.
        self.text.remove(&[QUANTIZATION_CONFIG, COMPRESSION_CONFIG]);
        let members = serde_json::from_str(self.text.json());
        let read = members.and_then(|members| Self::of(self.text, members, MOST_LEVELS));
        debug_assert!(read.is_ok());
        read.unwrap_or_default()
    }

    pub(crate) fn into_text(self) -> String {
        self.text.into_text()
    }

    /// Gives a member of the text other values: of the config itself, or of the parts that these
    /// keys lead to.
    pub(super) fn set(&mut self, key: &str, values: &BTreeMap<Vec<String>, String>) {
        self.text.set(key, values);
    }
}

fn dtype_of(name: &str) -> Option<Dtype> {
    match name {
        "float32" => Some(Dtype::F32),
        "float16" => Some(Dtype::F16),
        "bfloat16" => Some(Dtype::BF16),
        _ => None,
    }
}
