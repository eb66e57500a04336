//! What the modules of one model are, from the table or by their names.

use std::collections::BTreeSet;

use super::by_name;
use super::kind::ModuleKind;
use super::known::{Inner, Known, Match, is_class_of_another_type};
use super::limit::Limit;
use super::names::{joined, with_stars};
use crate::format::Config;

/// What is known of a model's modules.
#[derive(Debug)]
pub(crate) struct Architecture {
    known: Option<Known>,
    /// What its modules would be if it were one that is known of its type, if it is not known. Heads
    /// and other names may be the same.
    alike: Option<Known>,
    /// Why the architecture is not known, if it is not.
    unknown: Option<String>,
    has_conv1d: bool,
    vocabularies: Vec<usize>,
    ties_words: bool,
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

/// A module, or a parameter by its full name, that was looked up by its name on disk.
#[derive(Debug)]
pub(crate) struct Looked<'a> {
    architecture: &'a Architecture,
    pub(crate) name: &'a str,
    matched: Option<Match<'a>>,
    pub(crate) found: Found<'a>,
    /// What keeps transformers from loading it in some schemes.
    pub(crate) limit: Option<Limit>,
}

impl Architecture {
    /// What is known of the model that a config describes and that has these two-dimensional
    /// weights.
    pub(crate) fn of(config: &Config, weights: &[&str]) -> Self {
        let class = config.architectures().into_iter().next();
        let has_conv1d = by_name::has_conv1d(config);
        let found = Known::of(config, class.as_deref());
        let explains = |known: &Known| {
            // Some types of models have the classes of another type, and other names on disk. A
            // head says nothing then: it is called the same in most models.
            let is_of_class = |name: &&str| known.is_in_unknown_part(name) || known.is_layer(name);
            let is_known = |name: &&str| known.find(name).is_some();
            (class.is_some() && weights.iter().any(is_of_class)) || weights.iter().all(is_known)
        };
        let known = found.filter(explains);
        let unknown = known.is_none().then(|| why_unknown(config, class.as_deref()));
        let alike = unknown.as_ref().and_then(|_| Known::alike(config, class.as_deref()));
        let (vocabularies, ties_words) = (config.vocabularies(), config.ties_words());
        Self { known, alike, unknown, has_conv1d, vocabularies, ties_words }
    }

    /// What the table says of it, or of what may be like it.
    fn table(&self) -> Option<&Known> {
        self.known.as_ref().or(self.alike.as_ref())
    }

    /// What is known of a model of which no more than the type is known, and its config.
    pub(super) fn of_type(config: &Config, model_type: Option<&str>) -> Self {
        let known = model_type.and_then(|model_type| Known::of_type(config, model_type));
        Self { known, ..Self::of(config, &[]) }
    }

    /// Why the architecture is not known, if it is not.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    pub(crate) fn is_known(&self) -> bool {
        self.known.is_some()
    }

    /// Whether it is not known, and its type is.
    pub(crate) fn is_like_a_known_one(&self) -> bool {
        self.alike.is_some()
    }

    /// Whether the weight of a module has a row for each word. It is an embedding or a head then,
    /// whatever it is called. One of many layers may have as many rows by chance.
    pub(crate) fn is_of_words(&self, name: &str, rows: usize) -> bool {
        self.vocabularies.contains(&rows) && with_stars(name).1.is_empty()
    }

    /// Whether the head shares the weight of the embedding, and then has none on disk.
    pub(crate) fn ties_words(&self) -> bool {
        self.ties_words
    }

    /// The models within this one that are not known.
    pub(crate) fn unknown_parts(&self) -> impl Iterator<Item = &str> {
        self.known.iter().flat_map(Known::unknown_parts)
    }

    /// Looks a module, or a parameter by its full name, up by its name on disk.
    pub(crate) fn look_up<'a>(&'a self, name: &'a str) -> Looked<'a> {
        let matched = self.table().and_then(|known| known.find(name));
        let found = match (&self.known, &matched) {
            (Some(_), Some(found)) => Found::Known(found.module.kind),
            (Some(known), None) if !known.is_in_unknown_part(name) => Found::Unknown,
            _ => match (by_name::guess(name, self.has_conv1d), &matched) {
                // It is kept, if it may be a head, whatever it is called.
                ((kind, _), Some(found)) if kind.is_quantized() => {
                    Found::Guessed(found.module.kind, None)
                }
                ((kind, part), _) => Found::Guessed(kind, part),
            },
        };
        // Transformers runs its own code, if the model brings some and nobody says to trust it.
        let limit = matched.as_ref().and_then(|found| found.module.limit);
        Looked { architecture: self, name, matched, found, limit }
    }

    /// Whether transformers loads a quantized model of which these modules are quantized, by all of
    /// their names.
    pub(crate) fn loads<'a>(
        &self,
        quantized: impl Iterator<Item = &'a BTreeSet<String>> + Clone,
    ) -> bool {
        let Some(known) = self.table() else { return true };
        let has = |end: &&str| {
            let mut names = quantized.clone().flatten();
            names.any(|name| name.ends_with(end))
        };
        !known.is_unloadable && known.needs.iter().all(has)
    }

    /// All names that loaders may have for a module: that on disk, that in the running model, and
    /// both as the base model alone has them, or a class around it.
    pub(crate) fn names(&self, stored: &str) -> BTreeSet<String> {
        self.look_up(stored).names()
    }

    /// The models within this one.
    pub(super) fn inner(&self) -> impl Iterator<Item = &Inner> {
        self.table().into_iter().flat_map(|known| &known.inner)
    }

    /// The patterns of all Linears that the running model may have, by all names that loaders may
    /// have for them.
    pub(crate) fn linears(&self) -> BTreeSet<String> {
        let known = self.known.iter().flat_map(|known| known.modules.values());
        let linears = known.filter(|module| module.kind.may_be_linear());
        linears.flat_map(|module| &module.running).flat_map(|name| self.names(name)).collect()
    }

    /// The patterns of Linears outside of the model's body: heads, which may share the embedding's
    /// weights, and what another class of this type adds. Where nothing is known of the type, they are
    /// those that most classes for one task add.
    pub(crate) fn heads(&self) -> BTreeSet<String> {
        let mut heads = self.table().map(|known| known.heads.clone()).unwrap_or_default();
        if !self.is_known() {
            heads.insert("lm_head".to_owned());
        }
        if self.table().is_none() {
            heads.extend(["classifier", "qa_outputs", "score"].map(str::to_owned));
        }
        heads
    }
}

impl Looked<'_> {
    /// All names that loaders may have for it, as [`Architecture::names`] says.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::from([self.name.to_owned()]);
        let Some(known) = self.architecture.table() else { return names };
        if let Some(Match { at, running, .. }) = &self.matched {
            names.extend(running.iter().cloned());
            names.extend(running.iter().map(|name| at.undo(known.base, name.clone())));
            names.extend(running.iter().flat_map(|name| known.elsewhere(name)));
        }
        for name in names.clone() {
            names.extend(known.in_base(&name).map(str::to_owned));
            if known.base.is_none() {
                names.extend(known.other_bases.iter().map(|base| joined(base, &name)));
            }
        }
        names
    }
}

fn why_unknown(config: &Config, class: Option<&str>) -> String {
    match (class, config.model_type()) {
        _ if config.has_own_code() => "the checkpoint brings code of its own (auto_map)".to_owned(),
        (Some(class), Some(model_type)) if is_class_of_another_type(class, &model_type) => {
            format!("{class} is no class of the model_type {model_type}")
        }
        (Some(class), None) => format!("{class} is named without a model_type"),
        (Some(class), Some(_)) if Known::has(class) => {
            format!("no weight has the name of a layer of {class}")
        }
        (Some(class), Some(_)) => format!("the architecture {class} is not known"),
        (None, Some(model_type)) => {
            format!("config.json names no class, and {model_type} does not explain all weights")
        }
        (None, None) => "config.json names no architecture".to_owned(),
    }
}
