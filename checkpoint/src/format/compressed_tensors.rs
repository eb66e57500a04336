//! Reads and writes what `config.json` says of quantization, in the words of compressed-tensors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::config::{Config, QUANTIZATION_CONFIG};
use crate::error::WeightError;
use crate::scheme::{Granularity, ModulePattern, WeightScheme};

const QUANT_METHOD: &str = "compressed-tensors";

/// Methods whose FP8 weights are value * scale. Others may mean another product.
const FP8_METHODS: [&str; 4] = [QUANT_METHOD, "fp8", "fbgemm_fp8", "modelopt"];

/// What a quantized model's config says of weights. An error if it cannot be read.
pub(crate) fn stored_groups(config: &Config) -> Result<StoredGroups, WeightError> {
    #[derive(Deserialize)]
    struct Quantization {
        quant_method: Option<String>,
        #[serde(default)]
        config_groups: BTreeMap<String, Group>,
        weight_block_size: Option<[usize; 2]>,
        kv_cache_scheme: Option<Value>,
        transform_config: Option<Map<String, Value>>,
    }
    #[derive(Deserialize)]
    struct Group {
        targets: Vec<String>,
        weights: Option<StoredWeights>,
    }

    let Some(value) = config.quantization() else {
        return Ok(StoredGroups::default());
    };
    let quantization: Quantization =
        serde_json::from_value(value).map_err(|error| WeightError::Config(error.into()))?;
    if quantization.transform_config.is_some_and(|transforms| !transforms.is_empty()) {
        return Err(WeightError::Transformed);
    }
    let groups = quantization.config_groups.into_values().filter_map(|group| {
        Some((group.targets.into_iter().map(Target::of).collect(), group.weights?))
    });
    Ok(StoredGroups {
        groups: groups.collect(),
        method: quantization.quant_method.unwrap_or_else(|| QUANT_METHOD.to_owned()),
        block: quantization.weight_block_size,
        quantizes_caches: quantization.kv_cache_scheme.is_some(),
    })
}

/// How a model is quantized, or a part of one, in the words of its config.
#[derive(Clone, Debug)]
pub(crate) struct QuantizationConfig {
    /// The modules or kinds of modules that each scheme is for.
    pub(crate) groups: Vec<(WeightScheme, Vec<String>)>,
    /// Modules that loaders are told to leave alone.
    pub(crate) ignore: Vec<String>,
}

/// The text of a quantized model's config. Parts of the model, by the keys that lead to their
/// configs, are described there, too: the class of a part alone reads no more than that.
pub(crate) fn quantized_config(
    mut config: Config,
    whole: &QuantizationConfig,
    parts: &BTreeMap<Vec<String>, QuantizationConfig>,
) -> String {
    let mut values: BTreeMap<_, _> =
        parts.iter().map(|(path, part)| (path.clone(), part.text())).collect();
    values.insert(Vec::new(), whole.text());
    config.set(QUANTIZATION_CONFIG, &values);
    config.into_text()
}

impl QuantizationConfig {
    fn text(&self) -> String {
        let Self { groups, ignore } = self;
        let mut config_groups = Map::new();
        for (i, (scheme, targets)) in groups.iter().enumerate() {
            let activations = scheme.name().has_activations().then(Arguments::activations);
            let group = json!({
                "targets": targets,
                "weights": Arguments::weights(scheme),
                "input_activations": activations,
                "output_activations": null,
                "format": scheme.format(),
            });
            config_groups.insert(format!("group_{i}"), group);
        }
        let mut formats: Vec<_> = groups.iter().map(|(scheme, _)| scheme.format()).collect();
        formats.dedup();
        let value = json!({
            "quant_method": QUANT_METHOD,
            "format": if let [format] = formats[..] { format } else { "mixed-precision" },
            "quantization_status": "compressed",
            "config_groups": config_groups,
            "ignore": ignore,
            "kv_cache_scheme": null,
            "global_compression_ratio": null,
            "producer": { "name": "absmax", "version": env!("CARGO_PKG_VERSION") },
        });
        format!("{value:#}")
    }
}

/// What a quantized model's config says: the groups, which modules each is for, and what it says of
/// their weights.
#[derive(Debug)]
pub(crate) struct StoredGroups {
    groups: Vec<(Vec<Target>, StoredWeights)>,
    method: String,
    /// The rows and columns of all blocks of FP8.
    block: Option<[usize; 2]>,
    /// Whether keys and values are cached by scales that the checkpoint has.
    pub(crate) quantizes_caches: bool,
}

impl Default for StoredGroups {
    fn default() -> Self {
        let method = QUANT_METHOD.to_owned();
        Self { groups: Vec::new(), method, block: None, quantizes_caches: false }
    }
}

impl StoredGroups {
    /// What is said of a module's integers. An error if their form is not that of
    /// compressed-tensors.
    pub(crate) fn integers(&self, module: &str) -> Result<Option<&StoredWeights>, WeightError> {
        if self.method != QUANT_METHOD {
            return Err(WeightError::Method { method: self.method.clone() });
        }
        Ok(self.of(module))
    }

    /// The rows and columns of the blocks of a module's FP8 values, if they are said. An error if
    /// the values are not what is said.
    pub(crate) fn fp8_block(&self, module: &str) -> Result<Option<[usize; 2]>, WeightError> {
        if !FP8_METHODS.contains(&self.method.as_str()) {
            return Err(WeightError::Method { method: self.method.clone() });
        }
        let Some(weights) = self.of(module) else { return Ok(self.block) };
        if (weights.r#type.as_str(), weights.num_bits) != ("float", 8) {
            let StoredWeights { r#type, num_bits, .. } = weights;
            let text = format!("{num_bits} bits of type {type}, and its values are FP8");
            return Err(WeightError::Contradiction(text));
        }
        Ok(weights.block_structure.or(self.block))
    }

    /// What is said of a module's weights, by the group that names it, else by one whose pattern
    /// matches, else by the group for all modules.
    fn of(&self, module: &str) -> Option<&StoredWeights> {
        let ranked = self.groups.iter().filter_map(|(targets, weights)| {
            Some((targets.iter().filter_map(|target| target.rank(module)).min()?, weights))
        });
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, weights)| weights)
    }
}

/// One of the targets of a group.
#[derive(Debug)]
struct Target {
    text: String,
    /// `None` if the pattern is not valid.
    pattern: Option<ModulePattern>,
}

impl Target {
    fn of(text: String) -> Self {
        Self { pattern: text.parse().ok(), text }
    }

    /// How well the target fits a module. The best rank is 0.
    fn rank(&self, module: &str) -> Option<u8> {
        if self.pattern.as_ref().is_some_and(|pattern| pattern.matches(module)) {
            return Some(u8::from(self.text.starts_with("re:")));
        }
        (self.text == "Linear").then_some(2)
    }
}

/// How weights are quantized, as far as reading them needs it.
#[derive(Debug, Deserialize)]
pub(crate) struct StoredWeights {
    pub(crate) num_bits: u8,
    #[serde(default = "int")]
    pub(crate) r#type: String,
    #[serde(default = "yes")]
    pub(crate) symmetric: bool,
    /// How many values a group has. Other strategies have none, or one that is not positive.
    pub(crate) group_size: Option<i64>,
    /// The rows and columns of a block of FP8.
    block_structure: Option<[usize; 2]>,
}

/// What compressed-tensors takes for granted of a type.
fn int() -> String {
    "int".to_owned()
}

/// What compressed-tensors takes for granted of a flag.
fn yes() -> bool {
    true
}

/// How something is quantized, in the words of compressed-tensors.
#[derive(Serialize)]
struct Arguments {
    num_bits: u8,
    r#type: &'static str,
    symmetric: bool,
    strategy: &'static str,
    group_size: Option<usize>,
    dynamic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    observer: Option<&'static str>,
}

impl Arguments {
    fn weights(scheme: &WeightScheme) -> Self {
        let (strategy, group_size) = match scheme.granularity() {
            Granularity::Tensor => ("tensor", None),
            Granularity::Channel => ("channel", None),
            Granularity::Group(size) => ("group", Some(size)),
        };
        Self {
            num_bits: scheme.name().stored_bits(),
            r#type: "int",
            symmetric: scheme.is_symmetric(),
            strategy,
            group_size,
            dynamic: false,
            observer: Some("minmax"),
        }
    }

    /// int8, scaled token by token at run time.
    fn activations() -> Self {
        Self {
            num_bits: 8,
            r#type: "int",
            symmetric: true,
            strategy: "token",
            group_size: None,
            dynamic: true,
            observer: None,
        }
    }
}
