//! `config.json`: what it says of the model, and what it has to say of the quantized one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use safetensors::Dtype;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, json};

use crate::format::json::Members;
use crate::scheme::module_pattern::ModulePattern;
use crate::scheme::weight_scheme::{Granularity, WeightScheme};

const QUANTIZATION_CONFIG: &str = "quantization_config";

const QUANT_METHOD: &str = "compressed-tensors";

/// Keys under which checkpoints say that they are quantized already.
const QUANTIZED_KEYS: [&str; 2] = [QUANTIZATION_CONFIG, "compression_config"];

/// Models whose `Conv1D` layers keep their weights as [in, out].
const CONV1D_MODELS: [&str; 4] = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"];

#[derive(Debug, Default)]
pub struct Config(Members);

impl Config {
    pub fn read(path: &Path) -> Result<Self> {
        let read = || anyhow::Ok(Self(serde_json::from_str(&fs::read_to_string(path)?)?));
        read().with_context(|| format!("{} is not a valid config", path.display()))
    }

    /// The key that says that the model is quantized already.
    pub fn quantized_by(&self) -> Option<&'static str> {
        let has = |members: &Members, key: &str| {
            members.get(key).is_some_and(|value| value.get() != "null")
        };
        // Models of several parts keep a config for each.
        let parts = self.0.iter().filter_map(|(key, _)| self.0.get_as::<Members>(key));
        let parts: Vec<Members> = parts.collect();
        QUANTIZED_KEYS
            .into_iter()
            .find(|key| has(&self.0, key) || parts.iter().any(|part| has(part, key)))
    }

    pub fn has_conv1d(&self) -> bool {
        let model = self.0.get_as::<String>("model_type");
        model.is_some_and(|model| CONV1D_MODELS.contains(&model.as_str()))
    }

    /// The heads that may be tied to the embedding: then each is a Linear without a tensor, which a
    /// loader would take for quantized unless it is ignored by name.
    pub fn tied_heads(&self) -> &'static [&'static str] {
        let architectures = self.0.get_as::<Vec<String>>("architectures").unwrap_or_default();
        let masked = |name: &String| name.ends_with("MaskedLM") || name.ends_with("PreTraining");
        if architectures.iter().any(masked) {
            &["lm_head", "lm_head.decoder", "cls.predictions.decoder", "predictions.decoder"]
        } else {
            &["lm_head"]
        }
    }

    /// The type that loaders will give to the weights, where the config says.
    pub fn dtype(&self) -> Option<(&'static str, Dtype)> {
        ["dtype", "torch_dtype"].into_iter().find_map(|key| {
            let dtype = match self.0.get_as::<String>(key)?.as_str() {
                "float32" => Dtype::F32,
                "float16" => Dtype::F16,
                "bfloat16" => Dtype::BF16,
                _ => return None,
            };
            Some((key, dtype))
        })
    }

    /// What a quantized model's config says of weights. An error if it is not in the form of
    /// compressed-tensors.
    pub fn stored_groups(&self) -> Result<StoredGroups> {
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

        let Some(value) = self.0.get(QUANTIZATION_CONFIG).filter(|value| value.get() != "null")
        else {
            return Ok(StoredGroups::default());
        };
        let quantization: Quantization = serde_json::from_str(value.get())
            .with_context(|| format!("the config's {QUANTIZATION_CONFIG} cannot be read"))?;
        let method = quantization.quant_method.as_deref().unwrap_or(QUANT_METHOD);
        ensure!(method == QUANT_METHOD, "the config says that it is quantized by {method}");
        let groups = quantization.config_groups.into_values().filter_map(|group| {
            Some((group.targets.into_iter().map(Target::of).collect(), group.weights?))
        });
        Ok(StoredGroups(groups.collect()))
    }

    /// The text of the config without what it says of quantization.
    pub fn dequantized(mut self) -> Result<String> {
        QUANTIZED_KEYS.into_iter().for_each(|key| self.0.remove(key));
        Ok(serde_json::to_string_pretty(&self.0)? + "\n")
    }

    /// The text of the quantized model's config; of each scheme, the modules or kinds of modules
    /// that it is for.
    pub fn quantized(
        mut self,
        groups: &[(WeightScheme, Vec<String>)],
        ignore: &[String],
    ) -> Result<String> {
        let mut config_groups = Map::new();
        for (i, (scheme, targets)) in groups.iter().enumerate() {
            let activations = scheme.name.has_activations().then(Arguments::activations);
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
        let text = serde_json::to_string_pretty(&value)?.replace('\n', "\n  ");
        self.0.set(QUANTIZATION_CONFIG, RawValue::from_string(text)?);
        Ok(serde_json::to_string_pretty(&self.0)? + "\n")
    }
}

/// The groups of a quantized model's config: which modules, and what it says of their weights.
#[derive(Debug, Default)]
pub struct StoredGroups(Vec<(Vec<Target>, StoredWeights)>);

impl StoredGroups {
    /// That of a module: the group that names it, else one whose pattern matches, else the one for
    /// all.
    pub fn of(&self, module: &str) -> Option<&StoredWeights> {
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
    /// None if it is not valid.
    pattern: Option<ModulePattern>,
}

impl Target {
    fn of(text: String) -> Self {
        Self { pattern: text.parse().ok(), text }
    }

    /// How well it fits a module, the best being 0.
    fn rank(&self, module: &str) -> Option<u8> {
        if self.pattern.as_ref().is_some_and(|pattern| pattern.matches(module)) {
            return Some(u8::from(self.text.starts_with("re:")));
        }
        (self.text == "Linear").then_some(2)
    }
}

/// How weights are quantized, as far as reading them needs it.
#[derive(Debug, Deserialize)]
pub struct StoredWeights {
    pub num_bits: u8,
    #[serde(default = "int")]
    pub r#type: String,
    #[serde(default = "yes")]
    pub symmetric: bool,
    /// Of groups, how many values; others have none, or one that is not positive.
    pub group_size: Option<i64>,
}

/// What compressed-tensors takes for granted.
fn int() -> String {
    "int".to_owned()
}

/// The same.
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
        let (strategy, group_size) = match scheme.granularity {
            Granularity::Tensor => ("tensor", None),
            Granularity::Channel => ("channel", None),
            Granularity::Group(size) => ("group", Some(size)),
        };
        Self {
            num_bits: scheme.name.stored_bits(),
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
