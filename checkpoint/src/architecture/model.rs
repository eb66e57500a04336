//! What the modules of one model are, from the table or by their names.

use std::collections::{BTreeMap, BTreeSet};

use super::by_name;
use super::kind::ModuleKind;
use super::limit::Limit;
use super::names::{filled, joined, patterns, within};
use super::table::{Line, Section};
use crate::format::Config;

/// What is known of a model's modules.
#[derive(Debug)]
pub(crate) struct Architecture {
    known: Option<Known>,
    /// The class that the config names, and is not known.
    unknown: Option<String>,
    has_conv1d: bool,
}

/// What the table says of the class that the config names.
#[derive(Debug, Default)]
struct Known {
    /// By the pattern of the name on disk.
    modules: BTreeMap<String, Module>,
    /// The name of the base model within the class.
    base: Option<&'static str>,
    /// The names that the base model has within the classes of this type, other than this one.
    other_bases: BTreeSet<&'static str>,
    /// The patterns of Linears that some class of this type has beside the body of the model.
    heads: BTreeSet<String>,
    /// Whether transformers loads no quantized model of this class, or of one within it.
    is_unloadable: bool,
    /// Models within this one that the table does not have.
    unknown_parts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Module {
    kind: ModuleKind,
    /// The pattern of the name in the running model.
    running: String,
    /// What keeps transformers from loading it in some schemes.
    limit: Option<Limit>,
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
        let unknown = if known.is_some() { None } else { class.or_else(|| config.model_type()) };
        Self { known, unknown, has_conv1d }
    }

    /// The name of the architecture, if it is not known.
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

/// A module that the table has.
#[derive(Debug)]
struct Match<'a> {
    module: &'a Module,
    at: At,
    /// Its name in the running model.
    running: String,
}

/// How the name on disk and that in the table differ.
#[derive(Clone, Copy, Debug)]
enum At {
    Same,
    /// The base model was stored alone.
    WithoutBase,
    /// The class is the base model, and was stored within another one.
    Within(&'static str),
}

impl At {
    /// The name in the running model, as it would be stored this way.
    fn undo(self, base: Option<&str>, name: String) -> String {
        match (self, base) {
            (Self::WithoutBase, Some(base)) => {
                within(base, &name).map(str::to_owned).unwrap_or(name)
            }
            (Self::Within(base), _) => joined(base, &name),
            _ => name,
        }
    }
}

impl Known {
    fn of(config: &Config, class: Option<&str>) -> Option<Self> {
        // Code that comes with the checkpoint may give a known name to other modules.
        if config.has_own_code() {
            return None;
        }
        let model_type = config.model_type()?;
        let mut known = Self::default();
        match class {
            Some(class) => {
                let is_right = |section: &Section| {
                    section.model_type == model_type || !Section::has_type(&model_type)
                };
                let section = Section::of(class).filter(is_right)?;
                known.base = section.base;
                known.add(section, "", config, 0);
            }
            // Loaders take the base model of this type, and find it within another class, too.
            None => {
                let mut bases = Section::of_type(&model_type).filter(|(_, s)| s.base.is_none());
                known.add(bases.next()?.1, "", config, 0);
                bases.for_each(|(_, section)| known.add(section, "", config, 0));
            }
        }
        for (_, section) in Section::of_type(&model_type) {
            known.other_bases.extend(section.base.filter(|base| Some(*base) != known.base));
            known.add_heads(section);
        }
        let heads = known.modules.values().filter(|module| module.is_head());
        known.heads.extend(heads.map(|module| module.running.clone()));
        Some(known)
    }

    /// Adds what a class is made of, and the models within it.
    fn add(&mut self, section: Section, prefix: &str, config: &Config, depth: usize) {
        // The table has no class within itself; this bounds a faulty one.
        if depth > 8 {
            return;
        }
        let lines = section.lines();
        let mut inner = Self { is_unloadable: section.is_unloadable(), ..Self::default() };
        for line in &lines {
            match *line {
                Line::Class { prefix, class } => match Section::of(class) {
                    Some(section) => inner.add(section, prefix, config, depth + 1),
                    None => inner.unknown_parts.push(prefix.to_owned()),
                },
                Line::Config { prefix, key, auto, class } => {
                    let mut keys = key.split('.');
                    let part = keys.next().and_then(|key| config.part(key));
                    let part = keys.fold(part, |part, key| part?.part(key));
                    inner.add_part(prefix, &part.unwrap_or_default(), auto, class, depth + 1);
                }
                Line::Module { .. }
                | Line::Rename { .. }
                | Line::Also { .. }
                | Line::Merge { .. }
                | Line::Convert { .. } => {}
            }
        }
        // What a class says itself counts more than what the models within it say.
        for line in &lines {
            if let Line::Module { kind, limit, prefix, leaf } = *line {
                let running = joined(prefix, leaf);
                inner.modules.insert(running.clone(), Module { kind, running, limit });
            }
        }
        for line in &lines {
            let (running, stored, is_merged) = match *line {
                Line::Merge { running, stored } => (running, stored, true),
                Line::Convert { running, stored } => (running, stored, false),
                _ => continue,
            };
            let Some(kind) = inner.modules.get(running).map(|module| module.kind) else { continue };
            let (kind, limit) = match (kind, is_merged) {
                // On disk each expert has Linears of its own.
                (ModuleKind::Experts, true) => (ModuleKind::Linear, Limit::Stacked),
                (kind, true) => (kind, Limit::Merged),
                (kind, false) => (kind, Limit::Converted),
            };
            let module = Module { kind, running: running.to_owned(), limit: Some(limit) };
            inner.modules.insert(stored.to_owned(), module);
        }
        let renames = Renames::of(&lines);
        for (stored, module) in inner.modules {
            for stored in renames.stored(&stored) {
                let running = joined(prefix, &module.running);
                self.insert(joined(prefix, &stored), Module { running, ..module });
            }
        }
        self.is_unloadable |= inner.is_unloadable;
        let parts = inner.unknown_parts.iter().map(|part| joined(prefix, part));
        self.unknown_parts.extend(parts);
    }

    /// Adds a model within this one that a part of the config describes.
    fn add_part(&mut self, prefix: &str, config: &Config, auto: &str, class: &str, depth: usize) {
        let default = Section::of(class);
        let section = match config.model_type() {
            _ if config.has_own_code() => None,
            None => default,
            Some(found) => {
                let default = default.filter(|section| section.model_type == found);
                default.or_else(|| Section::chosen(auto, &found))
            }
        };
        match section {
            Some(section) => self.add(section, prefix, config, depth),
            None => self.unknown_parts.push(prefix.to_owned()),
        }
    }

    fn insert(&mut self, stored: String, module: Module) {
        let kind = module.kind;
        let known = self.modules.entry(stored).or_insert(module);
        if known.kind != kind {
            // It depends on what is not known here, so it is kept.
            known.kind = ModuleKind::Other;
        }
    }

    /// The heads that a class has beside a base model, and what a base model has outside of its
    /// layers, such as a pooler.
    fn add_heads(&mut self, section: Section) {
        for line in section.lines() {
            let Line::Module { kind, limit, prefix, leaf } = line else { continue };
            let module = Module { kind, limit, running: joined(prefix, leaf) };
            if module.is_head() {
                self.heads.insert(module.running);
            }
        }
    }

    /// A module by its name on disk.
    fn find(&self, name: &str) -> Option<Match<'_>> {
        let get = |name: &str, at| {
            patterns(name).find_map(|(pattern, indices)| {
                let module = self.modules.get(&pattern)?;
                Some(Match { module, at, running: filled(&module.running, &indices) })
            })
        };
        let without = || get(&joined(self.base?, name), At::WithoutBase);
        let inside = || {
            let mut bases = self.other_bases.iter();
            bases.find_map(|base| get(within(base, name)?, At::Within(base)))
        };
        get(name, At::Same).or_else(without).or_else(inside)
    }

    fn is_in_unknown_part(&self, name: &str) -> bool {
        self.unknown_parts.iter().any(|part| within(part, name).is_some())
    }
}

impl Module {
    /// Whether a loader may add it to a model that has no such tensor.
    fn is_head(&self) -> bool {
        match self.kind {
            ModuleKind::Head => true,
            ModuleKind::Linear => !self.running.contains('*'),
            _ => false,
        }
    }
}

/// The names on disk of the modules of one class.
#[derive(Debug, Default)]
struct Renames {
    renames: Vec<(&'static str, &'static str)>,
    also: Vec<(&'static str, &'static str)>,
}

impl Renames {
    fn of(lines: &[Line]) -> Self {
        let mut all = Self::default();
        for line in lines {
            match *line {
                Line::Rename { running, stored } => all.renames.push((running, stored)),
                Line::Also { stored, also } => all.also.push((stored, also)),
                _ => {}
            }
        }
        all
    }

    /// The names on disk of a module: its own, and those that the longest line that fits gives it.
    /// Both are found in practice, since models can be stored either way.
    fn stored(&self, running: &str) -> BTreeSet<String> {
        let fits = |&(from, to): &(&str, &str)| {
            if from == running {
                return Some((usize::MAX, to.to_owned()));
            }
            Some((from.len(), with_prefix(running, from, to)?))
        };
        let all: Vec<_> = self.renames.iter().filter_map(fits).collect();
        let longest = all.iter().map(|(len, _)| *len).max();
        let best = all.into_iter().filter(|(len, _)| Some(*len) == longest);
        let mut stored: BTreeSet<String> = best.map(|(_, stored)| stored).collect();
        stored.insert(running.to_owned());
        let also = |name: &String| {
            self.also
                .iter()
                .filter_map(|(from, to)| with_prefix(name, from, to))
                .collect::<Vec<_>>()
        };
        let others: Vec<String> = stored.iter().flat_map(also).collect();
        stored.extend(others);
        stored
    }
}

/// A name with another prefix. Prefixes end in a dot, and one that is a dot alone is empty.
fn with_prefix(name: &str, from: &str, to: &str) -> Option<String> {
    let (from, to) = (from.trim_start_matches('.'), to.trim_start_matches('.'));
    let rest = name.strip_prefix(from)?;
    (from.is_empty() || from.ends_with('.')).then(|| format!("{to}{rest}"))
}
