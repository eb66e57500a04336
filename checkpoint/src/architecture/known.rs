//! What the table says of the modules of one class, and of the models within it.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::ModuleKind;
use super::limit::Limit;
use super::names::{filled, joined, patterns, with_prefix, with_stars, within};
use super::renames::Renames;
use super::table::{Line, Section};
use crate::format::Config;

/// What the table says of the class that the config names.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By the pattern of the name on disk.
    pub(super) modules: BTreeMap<String, Module>,
    /// The patterns, all indices replaced by `*`, of which some module has an index in its name.
    places: BTreeSet<String>,
    /// The name of the base model within the class.
    pub(super) base: Option<&'static str>,
    /// The names that the base model has within the classes of this type, other than this one.
    pub(super) other_bases: BTreeSet<&'static str>,
    /// Whether no class is known, and it may be any of this type.
    is_any_of_type: bool,
    /// The beginnings of names in the running model, and what other classes have for them.
    elsewhere: BTreeSet<(&'static str, &'static str)>,
    /// The patterns of Linears that some class of this type has beside the body of the model.
    pub(super) heads: BTreeSet<String>,
    /// Whether transformers loads no quantized model of this class, or of one within it.
    pub(super) is_unloadable: bool,
    /// The ends of names in the running model of which it needs a quantized module each.
    pub(super) needs: BTreeSet<&'static str>,
    /// The models within this one.
    pub(super) inner: Vec<Inner>,
}

/// A model within another one.
#[derive(Clone, Debug)]
pub(super) struct Inner {
    /// What the names of its modules begin with in the running model.
    pub(super) prefix: String,
    /// The last key of its config, if the table says it of the model that this one is in.
    pub(super) key: Option<&'static str>,
    /// What the table says of it, if it has it.
    pub(super) section: Option<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) kind: ModuleKind,
    /// The patterns of the names in the running model, of which there are several if it splits the
    /// weight.
    pub(super) running: Vec<String>,
    /// What keeps transformers from loading it in some schemes.
    pub(super) limit: Option<Limit>,
}

/// A module that the table has.
#[derive(Debug)]
pub(super) struct Match<'a> {
    pub(super) module: &'a Module,
    pub(super) at: At,
    /// Its names in the running model.
    pub(super) running: Vec<String>,
}

/// How the name on disk and that in the table differ.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Same,
    /// The base model was stored alone.
    WithoutBase,
    /// The class is the base model, and was stored within another one.
    Within(&'static str),
}

impl At {
    /// The name in the running model, as it would be stored this way.
    pub(super) fn undo(self, base: Option<&str>, name: String) -> String {
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
    pub(super) fn of(config: &Config, class: Option<&str>) -> Option<Self> {
        // Code that comes with the checkpoint may give a known name to other modules.
        if config.has_own_code() {
            return None;
        }
        let model_type = config.model_type()?;
        let Some(class) = class else { return Self::of_type(config, &model_type) };
        if is_class_of_another_type(class, &model_type) {
            return None;
        }
        let section = Section::of(class)?;
        let mut known = Self { base: section.base, ..Self::default() };
        known.add_elsewhere(section);
        known.add(section, "", config, 0);
        Some(known.beside(&model_type, config))
    }

    /// What a model may be of which no more than the type is known: any class of it.
    pub(super) fn of_type(config: &Config, model_type: &str) -> Option<Self> {
        let mut classes = Section::of_type(model_type).peekable();
        classes.peek()?;
        let mut known = Self { is_any_of_type: true, ..Self::default() };
        for (_, section) in classes {
            known.add_elsewhere(section);
            known.add(section, "", config, 0);
        }
        Some(known.beside(model_type, config))
    }

    /// What a model may be like that is not known: any class of its type, or of the type of its
    /// class, if it says no other.
    pub(super) fn alike(config: &Config, class: Option<&str>) -> Option<Self> {
        let of_class = || class.and_then(Section::of).map(|section| section.model_type.to_owned());
        Self::of_type(config, &config.model_type().or_else(of_class)?)
    }

    /// Adds what other classes of this type have: heads, and names of the base model.
    fn beside(mut self, model_type: &str, config: &Config) -> Self {
        let known = &mut self;
        for (_, section) in Section::of_type(model_type) {
            known.other_bases.extend(section.base.filter(|base| Some(*base) != known.base));
            known.add_heads(section, config);
        }
        let heads = known.modules.values().filter(|module| module.is_head());
        known.heads.extend(heads.flat_map(|module| module.running.clone()));
        let heads = known.heads.iter().flat_map(|name| known.elsewhere(name));
        known.heads.extend(heads.collect::<Vec<_>>());
        let places = known.modules.keys().filter(|stored| with_stars(stored).0 != **stored);
        known.places = places.map(|stored| with_stars(stored).0).collect();
        self
    }

    /// Adds what a class is made of, and the models within it.
    fn add(&mut self, section: Section, prefix: &str, config: &Config, depth: usize) {
        // The table has no class within itself; this bounds a faulty one.
        if depth > 8 {
            return;
        }
        let lines = section.lines();
        let (is_unloadable, needs) = (section.is_unloadable(), section.needs().collect());
        let mut inner = Self { is_unloadable, needs, ..Self::default() };
        for line in &lines {
            match *line {
                Line::Class { prefix, class } => {
                    let part = Inner::of(prefix, None, Section::of(class));
                    inner.add_part(part, config, depth + 1);
                }
                Line::Config { prefix, key, auto, class } => {
                    let part = key.split('.').try_fold(config, |part, key| part.part(key));
                    let default = Config::default();
                    let part = part.unwrap_or(&default);
                    let section = chosen(part, auto, class);
                    inner.add_part(Inner::of(prefix, Some(key), section), part, depth + 1);
                }
                Line::Module { .. }
                | Line::Rename { .. }
                | Line::Also { .. }
                | Line::Elsewhere { .. }
                | Line::Merge { .. }
                | Line::Split { .. }
                | Line::Convert { .. } => {}
            }
        }
        // What a class says itself counts more than what the models within it say.
        for line in &lines {
            if let Line::Module { kind, limit, prefix, leaf } = *line {
                let running = joined(prefix, leaf);
                let module = Module { kind, running: vec![running.clone()], limit };
                inner.modules.insert(running, module);
            }
        }
        for line in &lines {
            let (running, stored, limit) = match *line {
                Line::Merge { running, stored } => (running, stored, Limit::Merged),
                Line::Split { running, stored } => (running, stored, Limit::Split),
                Line::Convert { running, stored } => (running, stored, Limit::Converted),
                _ => continue,
            };
            let Some(kind) = inner.modules.get(running).map(|module| module.kind) else { continue };
            let (kind, limit) = match (kind, limit) {
                // On disk each expert has Linears of its own.
                (ModuleKind::Experts, Limit::Merged) => (ModuleKind::Linear, Some(Limit::Stacked)),
                // So it has here, and stacks of several models are made of them.
                (ModuleKind::Experts, Limit::Converted) if is_of_many(stored, running) => {
                    (kind, Some(Limit::Merged))
                }
                // What transformers does to floats only concerns nobody who keeps them.
                (kind, limit) if limit.allows_floats() && !kind.is_quantized() => (kind, None),
                (kind, limit) => (kind, Some(limit)),
            };
            let module = Module { kind, running: vec![running.to_owned()], limit };
            match inner.modules.get_mut(stored) {
                // A line before this one has another part of the same weight.
                Some(whole) if whole.limit == limit && whole.running != [stored] => {
                    whole.add_part(module);
                }
                _ => {
                    inner.modules.insert(stored.to_owned(), module);
                }
            }
        }
        let renames = Renames::of(&lines);
        for (stored, module) in inner.modules {
            for stored in renames.stored(&stored) {
                let running = module.running.iter().map(|name| joined(prefix, name)).collect();
                self.insert(joined(prefix, &stored), Module { running, ..module });
            }
        }
        let within = inner.inner.into_iter();
        self.inner
            .extend(within.map(|part| Inner { prefix: joined(prefix, &part.prefix), ..part }));
        self.is_unloadable |= inner.is_unloadable;
        self.needs.extend(inner.needs);
    }

    /// Adds a model within this one, which this config describes.
    fn add_part(&mut self, part: Inner, config: &Config, depth: usize) {
        if let Some(section) = part.section {
            self.add(section, &part.prefix, config, depth);
        }
        self.inner.push(part);
    }

    fn add_elsewhere(&mut self, section: Section) {
        let lines = section.lines().into_iter();
        self.elsewhere.extend(lines.filter_map(|line| match line {
            Line::Elsewhere { running, other } => Some((running, other)),
            _ => None,
        }));
    }

    /// What other classes that load the same checkpoint call a module of the running model.
    pub(super) fn elsewhere(&self, running: &str) -> impl Iterator<Item = String> {
        self.elsewhere.iter().filter_map(move |(from, to)| with_prefix(running, from, to))
    }

    fn insert(&mut self, stored: String, module: Module) {
        let kind = module.kind;
        let known = self.modules.entry(stored).or_insert(module);
        if known.kind != kind {
            // It depends on what is not known here, so it is kept.
            known.kind = ModuleKind::Other;
        }
    }

    /// Whatever a class has beside a base model that may be a Linear, and what a base model has
    /// outside of its layers, such as a pooler.
    fn add_heads(&mut self, section: Section, config: &Config) {
        if let Some(base) = section.base {
            let mut whole = Self::default();
            whole.add(section, "", config, 0);
            let is_beside = |name: &String| within(base, name).is_none();
            let linears = whole.modules.into_values().filter(|module| module.kind.may_be_linear());
            self.heads.extend(linears.flat_map(|module| module.running).filter(is_beside));
        }
        for line in section.lines() {
            let Line::Module { kind, limit, prefix, leaf } = line else { continue };
            let module = Module { kind, limit, running: vec![joined(prefix, leaf)] };
            if module.is_head() {
                self.heads.extend(module.running);
            }
        }
    }

    /// A module by its name on disk.
    pub(super) fn find(&self, name: &str) -> Option<Match<'_>> {
        let get = |name: &str, at| {
            let matched = |(pattern, indices): (String, Vec<&str>)| {
                let module = self.modules.get(&pattern)?;
                let running = module.running.iter().map(|name| filled(name, &indices)).collect();
                Some(Match { module, at, running })
            };
            let starred = with_stars(name);
            if self.places.contains(&starred.0) {
                return patterns(name).find_map(matched);
            }
            matched(starred)
        };
        let without = || get(&joined(self.base?, name), At::WithoutBase);
        let inside = || {
            let mut bases = self.other_bases.iter();
            bases.find_map(|base| get(within(base, name)?, At::Within(base)))
        };
        get(name, At::Same).or_else(without).or_else(inside)
    }

    /// The names that a module of the running model may have in the base model.
    pub(super) fn in_base<'a>(&'a self, running: &'a str) -> impl Iterator<Item = &'a str> {
        let others = self.other_bases.iter().filter(|_| self.is_any_of_type);
        self.base.iter().chain(others).filter_map(move |base| within(base, running))
    }

    /// Whether a name on disk is that of a linear layer in the body of the model.
    pub(super) fn is_layer(&self, name: &str) -> bool {
        let is_layer = |kind| matches!(kind, ModuleKind::Linear | ModuleKind::Conv1d);
        self.find(name).is_some_and(|found| is_layer(found.module.kind))
    }

    /// Whether the table has a class.
    pub(super) fn has(class: &str) -> bool {
        Section::of(class).is_some()
    }

    pub(super) fn is_in_unknown_part(&self, name: &str) -> bool {
        self.unknown_parts().any(|part| within(part, name).is_some())
    }

    /// The models within this one that the table does not have.
    pub(super) fn unknown_parts(&self) -> impl Iterator<Item = &str> {
        let unknown = self.inner.iter().filter(|part| part.section.is_none());
        unknown.map(|part| part.prefix.as_str())
    }
}

impl Inner {
    fn of(prefix: &str, keys: Option<&'static str>, section: Option<Section>) -> Self {
        let key = keys.and_then(|keys| keys.rsplit('.').next());
        Self { prefix: prefix.to_owned(), key, section }
    }
}

impl Module {
    /// Adds another module that is made of the same weight.
    fn add_part(&mut self, part: Self) {
        if self.kind != part.kind {
            self.kind = ModuleKind::Other;
        }
        self.running.extend(part.running);
    }

    /// Whether a loader may add it to a model that has no such tensor.
    fn is_head(&self) -> bool {
        match self.kind {
            ModuleKind::Head => true,
            ModuleKind::Linear => self.running.iter().any(|name| !name.contains('*')),
            _ => false,
        }
    }
}

/// Whether several weights on disk become one in the running model, by the indices in their names.
fn is_of_many(stored: &str, running: &str) -> bool {
    stored.matches('*').count() > running.matches('*').count()
}

/// What the table says of a model within another one, by its config: of the class that an auto class
/// chooses, which by default is `class`. Code that its config names (`auto_map`) is run by nobody who
/// loads the whole.
fn chosen(config: &Config, auto: &str, class: &str) -> Option<Section> {
    let default = Section::of(class);
    match config.model_type() {
        None => default,
        Some(found) => {
            let default = default.filter(|section| section.model_type == found);
            default.or_else(|| Section::chosen(auto, &found))
        }
    }
}

/// Whether a class is known and has another type than the config says. Some types have no classes
/// of their own.
pub(super) fn is_class_of_another_type(class: &str, model_type: &str) -> bool {
    let is_another = |section: Section| section.model_type != model_type;
    Section::of(class).is_some_and(is_another) && Section::has_type(model_type)
}
