//! The parts of a model that are models themselves, which classes of their own load from the whole
//! model's checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Inner;
use super::model::{Architecture, Found};
use super::names::within;
use super::table::Section;
use crate::format::Config;

/// A model within another one, such as that of texts in one of images and texts.
#[derive(Debug)]
pub(crate) struct Part {
    /// The keys that lead to its config within the whole model's. Several parts may be alike.
    pub(crate) paths: Vec<Vec<String>>,
    /// What it may be. A class finds its config by the type of model or by the key.
    models: Vec<Model>,
}

/// A model that a part may be.
#[derive(Debug)]
struct Model {
    /// What the names of its modules begin with in the whole model.
    prefixes: BTreeSet<String>,
    architecture: Architecture,
}

impl Part {
    /// The models that have a config within that of the whole model.
    pub(crate) fn all_of(whole: &Architecture, config: &Config) -> Vec<Self> {
        let mut alike: BTreeMap<_, (&Config, Vec<Vec<String>>)> = BTreeMap::new();
        for (path, part) in config.parts_of_parts() {
            let model_type = part.model_type();
            let is_this = |inner: &&Inner| {
                let section = inner.section;
                let key = path.last().copied();
                section.map(|section| section.model_type) == model_type.as_deref()
                    || key.is_some() && (inner.key == key || section.and_then(Section::key) == key)
            };
            let mut models: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
            for Inner { prefix, section, .. } in whole.inner().filter(is_this) {
                let model_type = section.map(|section| section.model_type.to_owned());
                models.entry(model_type).or_default().insert(prefix.clone());
            }
            // Names on disk may say enough, if nobody knows where it is in the running model.
            if models.is_empty() && model_type.is_some() {
                models.insert(model_type, BTreeSet::new());
            }
            let path = path.into_iter().map(str::to_owned).collect();
            alike.entry(models).or_insert_with(|| (part, Vec::new())).1.push(path);
        }
        let of = |(models, (config, paths)): (BTreeMap<Option<String>, _>, (&Config, _))| {
            let models = models.into_iter().map(|(model_type, prefixes)| Model {
                prefixes,
                architecture: Architecture::of_type(config, model_type.as_deref()),
            });
            Self { paths, models: models.collect() }
        };
        alike.into_iter().map(of).filter(|part| !part.models.is_empty()).collect()
    }

    /// What it may be as a model of its own.
    pub(crate) fn architectures(&self) -> impl Iterator<Item = &Architecture> {
        self.models.iter().map(|model| &model.architecture)
    }

    /// All names that loaders of the part alone may have for a module of this name on disk, and
    /// these names in the whole model. Nothing if it lies outside of the part.
    pub(crate) fn names(&self, stored: &str, of_whole: &BTreeSet<String>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for Model { prefixes, architecture } in &self.models {
            let below = |name| prefixes.iter().filter_map(move |prefix| within(prefix, name));
            let inside = of_whole.iter().map(String::as_str).flat_map(below);
            names.extend(inside.flat_map(|name| architecture.names(name)));
            // The part may have the names of the whole, or names of its own for those on disk.
            let looked = architecture.look_up(stored);
            if matches!(looked.found, Found::Known(_)) {
                names.extend(looked.names());
            }
        }
        names
    }
}
