//! Reads what config.json says of how a model is quantized, in whatever form.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::Control;
use crate::error::Result;
use crate::source::Checkpoint;

/// How a model is quantized, as far as its config says so. A field is `None` if it is missing or of
/// another type than it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Quantization {
    /// The name of the method.
    pub method: Option<String>,
    /// The name of the form on disk.
    pub format: Option<String>,
    /// Modules that are quantized alike, by group.
    pub groups: Vec<Group>,
    /// Modules that are not quantized.
    pub ignore: Vec<String>,
}

/// Modules that are quantized alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Group {
    /// Its name, where there may be several.
    pub name: Option<String>,
    /// Modules, or kinds of modules.
    pub targets: Vec<String>,
    /// The name of the form on disk.
    pub format: Option<String>,
    /// How their weights are quantized.
    pub weights: Option<GroupArguments>,
    /// How the inputs of these modules are quantized.
    pub input_activations: Option<GroupArguments>,
}

/// How one kind of values is quantized. Its text says what is known: `4 bits, int, group of 128,
/// symmetric`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupArguments {
    /// How many bits.
    pub bits: Option<u64>,
    /// The type of the numbers.
    pub r#type: Option<String>,
    /// What shares a scale.
    pub strategy: Option<String>,
    /// How many values of a group share a scale.
    pub group_size: Option<i64>,
    /// Whether there is no zero point.
    pub symmetric: Option<bool>,
    /// Whether scales are found at run time.
    pub dynamic: Option<bool>,
}

impl Quantization {
    /// The quantization of a model directory whose config says that it is quantized.
    pub(super) fn of(control: &Control<'_>, checkpoint: &Checkpoint) -> Result<Option<Self>> {
        control.check()?;
        let (true, Some(key)) = (checkpoint.has_config, checkpoint.config.quantized_by()) else {
            return Ok(None);
        };
        Ok(checkpoint.config.find(key).map(|value| Self::said(&value)))
    }

    /// Whether the model is in the form that `quantize` writes.
    pub fn is_compressed_tensors(&self) -> bool {
        self.method.as_deref() == Some("compressed-tensors")
    }

    fn said(value: &Value) -> Self {
        let groups = match value.get("config_groups").and_then(Value::as_object) {
            Some(groups) => groups.iter().map(|(name, group)| Group::of(name, group)).collect(),
            None => vec![Group::of_all(value)],
        };
        Self {
            method: text(value, "quant_method"),
            format: text(value, "format"),
            groups,
            ignore: ["ignore", "modules_to_not_convert", "llm_int8_skip_modules"]
                .into_iter()
                .flat_map(|key| texts(value, key))
                .collect(),
        }
    }
}

impl Group {
    /// A group of compressed-tensors.
    fn of(name: &str, value: &Value) -> Self {
        let arguments =
            |key| value.get(key).filter(|value| value.is_object()).map(GroupArguments::of);
        Self {
            name: Some(name.to_owned()),
            targets: texts(value, "targets"),
            format: text(value, "format"),
            weights: arguments("weights"),
            input_activations: arguments("input_activations"),
        }
    }

    /// The one group of other methods, GPTQ, AWQ and bitsandbytes among them, which have one scheme
    /// for all.
    fn of_all(value: &Value) -> Self {
        let is = |key: &str| value.get(key).and_then(Value::as_bool);
        let loaded = [("load_in_8bit", 8), ("load_in_4bit", 4)];
        let loaded = loaded.into_iter().find(|(key, _)| is(key) == Some(true));
        let bits =
            ["bits", "w_bit", "num_bits"].into_iter().find_map(|key| value.get(key)?.as_u64());
        let weights = GroupArguments {
            bits: bits.or(loaded.map(|(_, bits)| bits)),
            r#type: text(value, "bnb_4bit_quant_type").or(text(value, "fmt")),
            strategy: None,
            group_size: value
                .get("group_size")
                .or(value.get("q_group_size"))
                .and_then(Value::as_i64),
            symmetric: is("sym").or(is("symmetric")).or(is("zero_point").map(|has| !has)),
            dynamic: None,
        };
        Self {
            name: None,
            targets: Vec::new(),
            format: None,
            weights: Some(weights),
            input_activations: None,
        }
    }
}

impl GroupArguments {
    fn of(value: &Value) -> Self {
        Self {
            bits: value.get("num_bits").and_then(Value::as_u64),
            r#type: text(value, "type"),
            strategy: text(value, "strategy"),
            group_size: value.get("group_size").and_then(Value::as_i64),
            symmetric: value.get("symmetric").and_then(Value::as_bool),
            dynamic: value.get("dynamic").and_then(Value::as_bool),
        }
    }
}

impl fmt::Display for GroupArguments {
    /// Writes what is known, as in `4 bits, int, group of 128, symmetric`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group_size.filter(|&size| size > 0).map(|size| format!("group of {size}"));
        let mapping = |symmetric| if symmetric { "symmetric" } else { "asymmetric" };
        let parts = [
            self.bits.map(|bits| format!("{bits} bits")),
            self.r#type.clone(),
            group.or(self.strategy.as_ref().map(|strategy| format!("per {strategy}"))),
            self.symmetric.map(|symmetric| mapping(symmetric).to_owned()),
            self.dynamic.filter(|&dynamic| dynamic).map(|_| "dynamic".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&if parts.is_empty() { "not said".to_owned() } else { parts.join(", ") })
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let texts = value.get(key).and_then(Value::as_array);
    texts.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
