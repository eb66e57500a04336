//! The options of quantizing.

use absmax::Backend;
use serde::{Deserialize, Serialize};

use crate::scheme::{Clip, Experts, ModulePattern, OnRagged, OnUnloadable, Override, WeightScheme};

/// How a checkpoint is quantized.
///
/// Serde writes all options except the backend. When options are read, whatever is left out has its
/// default, and unknown fields are errors, `backend` among them.
///
/// ```
/// use absmax_checkpoint::QuantizeOptions;
///
/// let mut options = QuantizeOptions::default();
/// options.scheme = "w4a16".parse()?;
/// options.ignore.push("re:.*experts".parse()?);
/// let value = serde_json::to_value(&options)?;
/// assert_eq!(value["scheme"], "w4a16,group=128");
/// assert_eq!(value["ignore"][0], "re:.*experts");
/// let read: QuantizeOptions = serde_json::from_str(r#"{"scheme": "w4a16"}"#)?;
/// assert_eq!(read.scheme, options.scheme);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct QuantizeOptions {
    /// What the weights of every Linear become. By default `w8a8`.
    pub scheme: WeightScheme,
    /// Other schemes for some modules. The first override that matches is taken.
    pub overrides: Vec<Override>,
    /// What becomes of weights whose rows the groups of their scheme do not divide. By default they
    /// are refused.
    pub on_ragged: OnRagged,
    /// Modules that are left as they are, beside embeddings, norms, heads and routers.
    pub ignore: Vec<ModulePattern>,
    /// What becomes of experts that are stacked in one tensor. By default the source is refused.
    pub experts: Experts,
    /// What becomes of weights that transformers is known not to load in their scheme. By default
    /// they are kept if they are the lesser part, and refused otherwise.
    pub on_unloadable: OnUnloadable,
    /// What is cut off of the weights that share a scale. By default nothing.
    pub clip: Clip,
    /// Whether a source that is quantized already is read as the floats that it stands for, and
    /// quantized again. It loses twice. By default such a source is refused.
    pub requantize: bool,
    /// Whether OUT may exist, be it empty. Files of the same names are replaced, others stay.
    pub replace: bool,
    /// The instruction set that computes. The result does not depend on it. By default the best
    /// one.
    #[serde(skip)]
    pub backend: Backend,
}
