//! The names of files.

pub(crate) const CONFIG: &str = "config.json";

/// The index that loaders look for.
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// The file that loaders prefer to any other.
pub(crate) const SINGLE: &str = "model.safetensors";

/// How the names of files begin that are there only while a run lasts.
pub(crate) const TEMPORARY: &str = ".absmax-";
