//! Finds heads that share the weights of the embedding.

use crate::format::Config;

/// The heads that may be tied to the embedding. A tied head is a Linear without a tensor, and a
/// loader would take it for quantized unless it is ignored by name.
pub(crate) fn tied_heads(config: &Config) -> &'static [&'static str] {
    let masked = |name: &String| name.ends_with("MaskedLM") || name.ends_with("PreTraining");
    if config.architectures().iter().any(masked) {
        &["lm_head", "lm_head.decoder", "cls.predictions.decoder", "predictions.decoder"]
    } else {
        &["lm_head"]
    }
}
