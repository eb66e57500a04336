//! The options of an inspection.

use serde::{Deserialize, Serialize};

/// How a checkpoint is inspected: there is nothing to choose yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct InspectOptions {}
