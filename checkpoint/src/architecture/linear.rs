//! Tells by its name whether a module is a Linear, because its tensors do not say so.

use std::sync::LazyLock;

use regex::Regex;
use safetensors::Dtype;

use crate::format::{Config, Tensor};

/// Modules whose two-dimensional weights are not those of a Linear, or whose error costs more than
/// it saves: heads, embeddings, norms, and the gates and routers of experts.
static NOT_LINEAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("lm_head|embed|norm|gate$|router|wte|wpe|position|token_type")
        .expect("the pattern is valid")
});

/// Models whose `Conv1D` layers keep their weights as [in, out].
const CONV1D_MODELS: [&str; 4] = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"];

/// The Linear-like layers that GPT-2 and its kin make as `Conv1D`.
const CONV1D: [&str; 4] = ["c_attn", "c_proj", "c_fc", "q_attn"];

/// What a module with a two-dimensional weight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Module<'a> {
    Linear,
    /// A module of another kind, as this part of its name shows.
    Other(&'a str),
    /// A Linear whose weight is stored as [in, out].
    Conv1d,
}

impl<'a> Module<'a> {
    pub(crate) fn of(name: &'a str, has_conv1d: bool) -> Self {
        if let Some(part) = NOT_LINEAR.find(name) {
            return Self::Other(part.as_str());
        }
        let layer = name.rsplit('.').next().unwrap_or(name);
        if has_conv1d && CONV1D.contains(&layer) { Self::Conv1d } else { Self::Linear }
    }
}

/// Whether a model has `Conv1D` layers.
pub(crate) fn has_conv1d(config: &Config) -> bool {
    config.model_type().is_some_and(|model| CONV1D_MODELS.contains(&model.as_str()))
}

/// The module that a loader may take for a Linear because of this tensor.
pub(crate) fn linear_like(tensor: &Tensor) -> Option<&str> {
    let module = tensor.name.strip_suffix(".weight")?;
    (tensor.info.shape.len() == 2 && is_floating(tensor.info.dtype)).then_some(module)
}

pub(crate) fn is_floating(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16) || is_narrow_float(dtype)
}

pub(crate) fn is_narrow_float(dtype: Dtype) -> bool {
    use Dtype::*;
    matches!(
        dtype,
        F4 | F6_E2M3 | F6_E3M2 | F8_E5M2 | F8_E4M3 | F8_E8M0 | F8_E4M3FNUZ | F8_E5M2FNUZ
    )
}
