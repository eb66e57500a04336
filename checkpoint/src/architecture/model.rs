//! What the modules of one model are, from the table or by their names.

use std::collections::BTreeSet;

use super::by_name;
use super::kind::ModuleKind;
use super::known::{Known, Match, is_class_of_another_type};
use super::limit::Limit;
use super::names::{joined, within};
use crate::format::Config;

/// What is known of a model's modules.
#[derive(Debug)]
pub(crate) struct Architecture {
    known: Option<Known>,
    /// Why the architecture is not known, if it is not.
    unknown: Option<String>,
    has_conv1d: bool,
}

/// What a module is, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    Known(ModuleKind),
    /// By its name; this part of the name says so.
    Guessed(ModuleKind, Option<&'a str>),
    /// The class is known, and has no such module.
    Unknown,
}

impl Architecture {
    /// What is known of the model that a config describes and that has these two-dimensional
    /// weights.
    pub(crate) fn of<'a>(config: &Config, mut weights: impl Iterator<Item = &'a str>) -> Self {
        let class = config.architectures().into_iter().next();
        let has_conv1d = by_name::has_conv1d(config);
        let known = Known::of(config, class.as_deref());
        // If no class is named, the type of the model has to explain all weights.
        let known = known
            .filter(|known| class.is_some() || weights.all(|module| known.find(module).is_some()));
        let unknown = known.is_none().then(|| why_unknown(config, class.as_deref()));
        Self { known, unknown, has_conv1d }
    }

    /// Why the architecture is not known, if it is not.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// The models within this one that are not known.
    pub(crate) fn unknown_parts(&self) -> &[String] {
        self.known.as_ref().map_or(&[], |known| &known.unknown_parts)
    }

    /// What a module, or a parameter by its full name, is by its name on disk.
    pub(crate) fn find<'a>(&self, name: &'a str) -> Found<'a> {
        let guess = || {
            let (kind, part) = by_name::guess(name, self.has_conv1d);
            Found::Guessed(kind, part)
        };
        match &self.known {
            None => guess(),
            Some(known) => match known.find(name) {
                Some(found) => Found::Known(found.module.kind),
                None if known.is_in_unknown_part(name) => guess(),
                None => Found::Unknown,
            },
        }
    }

    /// What keeps transformers from loading a module in some schemes.
    pub(crate) fn limit(&self, stored: &str) -> Option<Limit> {
        let known = self.known.as_ref()?;
        let limit = known.find(stored)?.module.limit;
        // What concerns the whole model counts more than what concerns packed weights.
        if known.is_unloadable { Some(Limit::Architecture) } else { limit }
    }

    /// All names that loaders may have for a module: that on disk, that in the running model, and
    /// both as the base model alone has them, or a class around it.
    pub(crate) fn names(&self, stored: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::from([stored.to_owned()]);
        if let Some(known) = &self.known {
            if let Some(Match { at, running, .. }) = known.find(stored) {
                names.insert(at.undo(known.base, running));
            }
            for name in names.clone() {
                let base = known.base.and_then(|base| within(base, &name));
                names.extend(base.map(str::to_owned));
                if known.base.is_none() {
                    names.extend(known.other_bases.iter().map(|base| joined(base, &name)));
                }
            }
        }
        names
    }

    /// The patterns of all Linears that the running model may have, by all names that loaders may
    /// have for them.
    pub(crate) fn linears(&self) -> BTreeSet<String> {
        let known = self.known.iter().flat_map(|known| known.modules.values());
        let linears = known.filter(|module| module.kind.may_be_linear());
        linears.flat_map(|module| self.names(&module.running)).collect()
    }

    /// The patterns of Linears outside of the model's body: heads, which may share the embedding's
    /// weights, and what another class of this type adds.
    pub(crate) fn heads(&self) -> BTreeSet<String> {
        match &self.known {
            Some(known) => known.heads.clone(),
            None => BTreeSet::from(["lm_head".to_owned()]),
        }
    }
}

fn why_unknown(config: &Config, class: Option<&str>) -> String {
    match (class, config.model_type()) {
        _ if config.has_own_code() => "the checkpoint brings code of its own (auto_map)".to_owned(),
        (Some(class), Some(model_type)) if is_class_of_another_type(class, &model_type) => {
            format!("{class} is no class of the model_type {model_type}")
        }
        (Some(class), None) => format!("{class} is named without a model_type"),
        (Some(class), Some(_)) => format!("the architecture {class} is not known"),
        (None, Some(model_type)) => {
            format!("config.json names no class, and {model_type} does not explain all weights")
        }
        (None, None) => "config.json names no architecture".to_owned(),
    }
}
