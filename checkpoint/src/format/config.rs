//! Reads what `config.json` says of the model.

use std::path::Path;

use safetensors::Dtype;
use serde_json::Value;
use serde_json::value::RawValue;

use super::file::read_text;
use super::json::{Members, parse};
use super::object_text::ObjectText;
use crate::control::Control;
use crate::error::{Error, Result};

pub(super) const QUANTIZATION_CONFIG: &str = "quantization_config";

/// Keys under which checkpoints say that they are quantized already.
const QUANTIZED_KEYS: [&str; 3] = [QUANTIZATION_CONFIG, "compression_config", "quantization"];

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
        let has = |members: &Members, key: &str| {
            members.get(key).is_some_and(|value| value.get() != "null")
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
        let quantization = self.find(self.quantized_by()?)?;
        quantization.get("quant_method")?.as_str().map(str::to_owned)
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

    /// The classes that load the model.
    pub(crate) fn architectures(&self) -> Vec<String> {
        self.members.get_as("architectures").unwrap_or_default()
    }

    /// The type that loaders will give to the weights, where the config says.
    pub(crate) fn dtype(&self) -> Option<(&'static str, Dtype)> {
        ["dtype", "torch_dtype"].into_iter().find_map(|key| {
            let dtype = match self.members.get_as::<String>(key)?.as_str() {
                "float32" => Dtype::F32,
                "float16" => Dtype::F16,
                "bfloat16" => Dtype::BF16,
                _ => return None,
            };
            Some((key, dtype))
        })
    }

    /// The text of the config without what it says of quantization.
    pub(crate) fn dequantized(mut self) -> String {
        QUANTIZED_KEYS.into_iter().for_each(|key| self.text.remove(key));
        self.text.into_text()
    }

    /// The text of the config with another value of a member.
    pub(crate) fn with(mut self, key: &str, value: &str) -> String {
        self.text.set(key, value);
        self.text.into_text()
    }
}
