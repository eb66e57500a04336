//! Reads what `config.json` says of the model.

use std::path::Path;

use safetensors::Dtype;
use serde_json::Value;
use serde_json::value::RawValue;

use super::file::read_text;
use super::json::{Members, parse};
use super::object_text::{MOST_LEVELS, ObjectText};
use crate::control::Control;
use crate::error::{Error, Result};

pub(super) const QUANTIZATION_CONFIG: &str = "quantization_config";

/// Keys under which checkpoints say that they are quantized already.
const QUANTIZED_KEYS: [&str; 3] = [QUANTIZATION_CONFIG, "compression_config", MLX];

const MLX: &str = "quantization";

/// Keys under which checkpoints name the type of their weights.
const DTYPE_KEYS: [&str; 2] = ["dtype", "torch_dtype"];

#[derive(Debug, Default)]
pub(crate) struct Config {
    text: ObjectText,
    /// What the text says.
    members: Members,
}

impl Config {
    pub(crate) fn read(control: &Control<'_>, path: &Path) -> Result<Self> {
        let invalid = |source| Error::InvalidConfig { path: path.to_path_buf(), source };
        let text = read_text(control, path)?.map_err(|error| invalid(error.into()))?;
        let text = ObjectText::of(text);
        let members = parse(control, text.json())?.map_err(|error| invalid(error.into()))?;
        Ok(Self { text, members })
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
        let has = |members: &Members, key: &str| {
            members.get(key).is_some_and(|value| is_said(key, value.get()))
        };
        // Models of several parts keep a config for each.
        let parts = self.members.iter().filter_map(|(key, _)| self.members.get_as::<Members>(key));
        let parts: Vec<Members> = parts.collect();
        QUANTIZED_KEYS
            .into_iter()
            .find(|key| has(&self.members, key) || parts.iter().any(|part| has(part, key)))
    }

    /// What the config calls the method by which the model is quantized.
    pub(crate) fn quant_method(&self) -> Option<String> {
        self.quantization()?.get("quant_method")?.as_str().map(str::to_owned)
    }

    /// The first value of a key that is not null, in the config or in that of one of its parts.
    pub(crate) fn find(&self, key: &str) -> Option<Value> {
        let value = |members: &Members| members.get_as::<Value>(key).filter(|v| !v.is_null());
        let mut parts =
            self.members.iter().filter_map(|(key, _)| self.members.get_as::<Members>(key));
        value(&self.members).or_else(|| parts.find_map(|part| value(&part)))
    }

    /// The kind of model, as transformers names it.
    pub(crate) fn model_type(&self) -> Option<String> {
        self.members.get_as("model_type")
    }

    /// The config of a part of the model, which may be another model.
    pub(crate) fn part(&self, key: &str) -> Option<Self> {
        let members = self.members.get_as(key)?;
        Some(Self { text: ObjectText::default(), members })
    }

    /// The configs of all parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, Self)> {
        self.members.iter().filter_map(|(key, _)| Some((key, self.part(key)?)))
    }

    /// The configs of all parts and of their parts, with the keys that lead to each.
    pub(crate) fn parts_of_parts(&self) -> Vec<(Vec<String>, Self)> {
        let mut found: Vec<(Vec<String>, Self)> = Vec::new();
        let direct = |config: &Self, path: &[String]| -> Vec<_> {
            let parts = config.parts();
            parts.map(|(key, part)| ([path, &[key.to_owned()]].concat(), part)).collect()
        };
        let mut level = direct(self, &[]);
        for _ in 0..MOST_LEVELS {
            let next = level.iter().flat_map(|(path, part)| direct(part, path)).collect();
            found.append(&mut level);
            level = next;
        }
        found
    }

    /// The numbers of words that the model and its parts know.
    pub(crate) fn vocabularies(&self) -> Vec<usize> {
        let own = self.members.get_as("vocab_size").into_iter();
        own.chain(self.parts().filter_map(|(_, part)| part.members.get_as("vocab_size"))).collect()
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
        QUANTIZED_KEYS.into_iter().filter(|key| *key != MLX).for_each(|key| self.text.remove(key));
        let members = serde_json::from_str(self.text.json()).unwrap_or_default();
        Self { members, ..self }
    }

    pub(crate) fn into_text(self) -> String {
        self.text.into_text()
    }

    /// Gives a member of the text another value: of the config itself, or of the part that the keys
    /// of `path` lead to.
    pub(super) fn set(&mut self, path: &[String], key: &str, value: &str) {
        self.text.set(path, key, value);
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
