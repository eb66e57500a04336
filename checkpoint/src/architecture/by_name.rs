//! Guesses by its name what a module is, where the architecture is not known.

use std::sync::LazyLock;

use regex::Regex;

use super::kind::ModuleKind;
use crate::format::Config;

/// Modules whose two-dimensional weights are not those of a Linear, or whose error costs more than
/// it saves: heads, embeddings, norms, the gates and routers of experts, and the entry of layers
/// that predict several tokens.
const KEPT: [(&str, ModuleKind); 5] = [
    (
        concat!(
            r"(^|\.)([a-z0-9]+_)*heads?(\.|$)|proj_out|classifier|predictions|",
            r"(^|\.)(output|output_layer|output_projection|score|qa_outputs|lm_loss|",
            "embed_out|vocab_projector)$",
        ),
        ModuleKind::Head,
    ),
    (r"router|gate$|gate\.wg$", ModuleKind::Router),
    (
        concat!(
            "embed|wte|wpe|position|token_type|relative_attention_bias|",
            r"(^|\.)(shared|tok_emb|emb)$",
        ),
        ModuleKind::Embedding,
    ),
    ("norm", ModuleKind::Other),
    (r"(^|\.)mtp(\.|$)|eh_proj", ModuleKind::Other),
];

static PATTERNS: LazyLock<Vec<(Regex, ModuleKind)>> = LazyLock::new(|| {
    let compiled = |(pattern, kind)| (Regex::new(pattern).expect("the pattern is valid"), kind);
    KEPT.into_iter().map(compiled).collect()
});

/// Models whose `Conv1D` layers keep their weights as [in, out].
const CONV1D_MODELS: [&str; 4] = ["gpt2", "openai-gpt", "imagegpt", "decision_transformer"];

/// The Linear-like layers that GPT-2 and its kin make as `Conv1D`.
const CONV1D: [&str; 4] = ["c_attn", "c_proj", "c_fc", "q_attn"];

/// What a module with a two-dimensional weight seems to be, and the part of its name that says so.
pub(super) fn guess(module: &str, has_conv1d: bool) -> (ModuleKind, Option<&str>) {
    for (pattern, kind) in PATTERNS.iter() {
        if let Some(part) = pattern.find(module) {
            return (*kind, Some(part.as_str().trim_matches('.')));
        }
    }
    let layer = module.rsplit('.').next().unwrap_or(module);
    if has_conv1d && CONV1D.contains(&layer) {
        return (ModuleKind::Conv1d, None);
    }
    (ModuleKind::Linear, None)
}

/// Whether a model, or a part of it, has `Conv1D` layers.
pub(super) fn has_conv1d(config: &Config) -> bool {
    let is_one = |config: &Config| {
        config.model_type().is_some_and(|model| CONV1D_MODELS.contains(&model.as_str()))
    };
    is_one(config) || config.parts().any(is_one)
}
