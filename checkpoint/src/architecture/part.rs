//! The parts of a model that are models themselves, which classes of their own load from the whole
//! model's checkpoint.

use std::collections::BTreeSet;

use super::model::{Architecture, Found};
use super::names::within;
use crate::format::Config;

/// A model within another one, such as that of texts in one of images and texts.
#[derive(Debug)]
pub(crate) struct Part {
    /// The keys that lead to its config within the whole model's.
    pub(crate) path: Vec<String>,
    /// What it is as a model of its own.
    pub(crate) architecture: Architecture,
    /// What the names of its modules begin with in the whole model.
    prefixes: Vec<String>,
}

impl Part {
    /// The known models that have a config within that of the whole model.
    pub(crate) fn all_of(whole: &Architecture, config: &Config) -> Vec<Self> {
        let of = |(path, config): (_, Config)| {
            let prefixes = whole.prefixes_of(&config.model_type()?);
            let architecture = Architecture::of(&config, &[]);
            architecture.is_known().then_some(Self { path, architecture, prefixes })
        };
        config.parts_of_parts().into_iter().filter_map(of).collect()
    }

    /// All names that loaders of the part alone may have for a module of this name on disk, and
    /// these names in the whole model. Nothing if it lies outside of the part.
    pub(crate) fn names(&self, stored: &str, of_whole: &BTreeSet<String>) -> BTreeSet<String> {
        let below = |name| self.prefixes.iter().filter_map(move |prefix| within(prefix, name));
        let inside = of_whole.iter().map(String::as_str).flat_map(below);
        let mut names: BTreeSet<_> =
            inside.flat_map(|name| self.architecture.names(name)).collect();
        // The part may have the names of the whole, or names of its own for those on disk.
        let looked = self.architecture.look_up(stored);
        if matches!(looked.found, Found::Known(_)) {
            names.extend(looked.names());
        }
        names
    }
}
