//! What a module of a model is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a module, or the parameter of one, is.
///
/// ```
/// use absmax_checkpoint::ModuleKind;
///
/// assert_eq!(ModuleKind::Router.to_string(), "router");
/// assert!(ModuleKind::Linear.is_quantized() && !ModuleKind::Head.is_quantized());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModuleKind {
    /// A linear layer within the model's body.
    Linear,
    /// A linear layer that makes the outputs, often with the weights of the embedding.
    Head,
    /// What chooses the experts of a token.
    Router,
    /// A table of vectors.
    Embedding,
    /// A linear layer that is stored as `[in, out]`, as GPT-2 has it.
    Conv1d,
    /// A convolution.
    Convolution,
    /// One linear layer of all experts, stacked as `[experts, out, in]` or `[experts, in, out]`.
    Experts,
    /// A module of another kind.
    Other,
}

impl ModuleKind {
    /// Whether the weights of such modules are quantized.
    pub const fn is_quantized(self) -> bool {
        matches!(self, Self::Linear)
    }

    /// Whether loaders may take such a module for one that they quantize: they look for the class
    /// Linear and the classes made from it.
    pub(crate) const fn may_be_linear(self) -> bool {
        !matches!(self, Self::Embedding | Self::Conv1d | Self::Convolution)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Linear => "Linear",
            Self::Head => "head",
            Self::Router => "router",
            Self::Embedding => "embedding",
            Self::Conv1d => "Conv1D",
            Self::Convolution => "convolution",
            Self::Experts => "stacked experts",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ModuleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
