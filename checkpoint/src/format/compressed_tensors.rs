//! Reads and writes what `config.json` says of quantization, in the words of compressed-tensors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use super::config::{Config, QUANTIZATION_CONFIG};
use crate::error::WeightError;
use crate::scheme::{Granularity, ModulePattern, WeightScheme};

const QUANT_METHOD: &str = "compressed-tensors";

/// What a quantized model's config says of weights. An error if it is not in the form of
/// compressed-tensors.
pub(crate) fn stored_groups(config: &Config) -> Result<StoredGroups, WeightError> {
    #[derive(Deserialize)]
    struct Quantization {
        quant_method: Option<String>,
        #[serde(default)]
        config_groups: BTreeMap<String, Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        targets: Vec<String>,
        weights: Option<StoredWeights>,
    }

    let Some(value) = config.get(QUANTIZATION_CONFIG) else {
        return Ok(StoredGroups::default());
    };
    let quantization: Quantization =
        serde_json::from_str(value.get()).map_err(|error| WeightError::Config(error.into()))?;
    if let Some(method) = quantization.quant_method.filter(|method| method != QUANT_METHOD) {
        return Err(WeightError::Method { method });
    }
    let groups = quantization.config_groups.into_values().filter_map(|group| {
        Some((group.targets.into_iter().map(Target::of).collect(), group.weights?))
    });
    Ok(StoredGroups(groups.collect()))
}

/// The text of the quantized model's config. It says for each scheme which modules or kinds of
/// modules the scheme is for.
pub(crate) fn quantized_config(
    config: Config,
    groups: &[(WeightScheme, Vec<String>)],
    ignore: &[String],
) -> String {
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
    // A verbatim value brings its own indentation.
    let text = format!("{value:#}").replace('\n', "\n  ");
    config.with(QUANTIZATION_CONFIG, &text)
}

/// The groups of a quantized model's config: which modules each is for, and what it says of their
/// weights.
#[derive(Debug, Default)]
pub(crate) struct StoredGroups(Vec<(Vec<Target>, StoredWeights)>);

impl StoredGroups {
    /// What is said of a module's weights, by the group that names it, else by one whose pattern
    /// matches, else by the group for all modules.
    pub(crate) fn of(&self, module: &str) -> Option<&StoredWeights> {
        let ranked = self.0.iter().filter_map(|(targets, weights)| {
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
