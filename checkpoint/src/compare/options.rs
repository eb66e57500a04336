//! The options of a comparison.

use absmax::Backend;
use serde::{Deserialize, Serialize};

/// How checkpoints are compared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CompareOptions {
    /// The instruction set that computes. The result does not depend on it. By default the best
    /// one.
    #[serde(skip)]
    pub backend: Backend,
}
