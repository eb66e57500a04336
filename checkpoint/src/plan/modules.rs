//! The modules of a model under all their names, and how config.json names those of some kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::{Architecture, Limit, ModuleKind, with_any_index};
use crate::scheme::{ModulePattern, WeightScheme};

/// What becomes of the modules that loaders may take for linear layers.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// By the name on disk.
    quantized: BTreeMap<String, WeightScheme>,
    kept: BTreeMap<String, Option<ModuleKind>>,
}

impl Modules {
    pub(crate) fn quantize(&mut self, module: String, scheme: WeightScheme) {
        self.quantized.insert(module, scheme);
    }

    pub(crate) fn keep(&mut self, module: String, kind: Option<ModuleKind>) {
        self.kept.insert(module, kind);
    }

    /// Keeps the module that has stacked experts for its parameters, and what loaders call its
    /// experts one by one.
    pub(crate) fn keep_experts(&mut self, parameter: &str) {
        if let Some((module, _)) = parameter.rsplit_once('.') {
            self.keep(module.to_owned(), Some(ModuleKind::Experts));
        }
    }

    pub(crate) fn quantized(&self) -> &BTreeMap<String, WeightScheme> {
        &self.quantized
    }

    /// The modules that are kept, by their names on disk.
    pub(crate) fn kept(&self) -> BTreeSet<String> {
        self.kept.keys().cloned().collect()
    }

    /// All names that loaders may have for the modules that have a tensor.
    fn names(&self, architecture: &Architecture) -> BTreeSet<String> {
        let modules = self.quantized.keys().chain(self.kept.keys());
        modules.flat_map(|module| architecture.names(module)).collect()
    }

    /// Regular expressions for all names of the modules that are quantized by some schemes, with
    /// any index.
    fn patterns(
        &self,
        architecture: &Architecture,
        of: impl Fn(&WeightScheme) -> bool,
    ) -> BTreeSet<String> {
        let modules = self.quantized.iter().filter(|(_, scheme)| of(scheme));
        let names = modules.flat_map(|(module, _)| architecture.names(module));
        names.map(|name| with_any_index(&name)).collect()
    }

    /// What `ignore` of config.json says: the patterns that were asked for, every module that is
    /// kept, and heads without a tensor.
    pub(crate) fn ignore(
        &self,
        architecture: &Architecture,
        patterns: &[ModulePattern],
    ) -> Vec<String> {
        let asked = patterns.iter().map(|pattern| {
            let text = pattern.to_string();
            text.strip_suffix(".weight").unwrap_or(&text).to_owned()
        });
        let mut ignore: BTreeSet<String> = asked.collect();
        let mut kept = self.kept.clone();
        let (names, quantized) = (self.names(architecture), self.patterns(architecture, |_| true));
        for head in architecture.heads() {
            let head_names = architecture.names(&head);
            if !head.contains('*') {
                if !head_names.iter().any(|name| names.contains(name)) {
                    kept.insert(head, Some(ModuleKind::Head));
                }
                continue;
            }
            // Some of a list of heads may share the weights of one that has a tensor.
            let mut patterns = head_names.iter().map(|name| with_any_index(name));
            if !patterns.any(|pattern| quantized.contains(&pattern)) {
                let patterns = head_names.iter().map(|name| with_any_index(name));
                ignore.extend(patterns.map(|pattern| format!("re:{pattern}")));
            }
        }
        let linear = kept
            .iter()
            .filter(|(_, kind)| kind.is_none_or(ModuleKind::may_be_linear))
            .map(|(module, _)| module);
        let other = other_names(architecture, linear, &quantized);
        let is_stacked =
            |(_, kind): &(&String, &Option<ModuleKind>)| **kind == Some(ModuleKind::Experts);
        let stacked = kept.iter().filter(is_stacked);
        let each = stacked.flat_map(|(module, _)| architecture.names(module));
        // An engine asks for the layers of each expert.
        let each = each.map(|name| format!("re:{}", with_any_index(&name).replace('$', r"\..*")));
        ignore.extend(kept.keys().cloned().chain(other).chain(each));
        let is_converted = |module: &String| architecture.limit(module) == Some(Limit::Converted);
        if kept.iter().any(|(module, kind)| kind.is_none() || is_converted(module)) {
            ignore.extend(linears_without_weight(architecture, &quantized));
        }
        ignore.into_iter().collect()
    }

    /// What `targets` of config.json says for each scheme, the default first: one scheme for every
    /// Linear, or each scheme for modules by name. A class beside names would be taken for the
    /// layers that engines fuse, which have other names.
    pub(crate) fn targets(
        &self,
        architecture: &Architecture,
        default: WeightScheme,
    ) -> Vec<(WeightScheme, Vec<String>)> {
        let mut groups: Vec<(WeightScheme, Vec<String>)> = vec![(default, Vec::new())];
        for (module, scheme) in &self.quantized {
            match groups.iter_mut().find(|(known, _)| known == scheme) {
                Some((_, modules)) => modules.push(module.clone()),
                None => groups.push((*scheme, vec![module.clone()])),
            }
        }
        groups.retain(|(_, modules)| !modules.is_empty());
        if let [(_, modules)] = &mut groups[..] {
            *modules = vec!["Linear".to_owned()];
            return groups;
        }
        for (scheme, modules) in &mut groups {
            let others = self.patterns(architecture, |other| other != scheme);
            let other = other_names(architecture, modules.iter(), &others);
            modules.extend(other);
        }
        groups
    }
}

/// Patterns of the Linears of the running model that are made of no quantized weight. If a
/// checkpoint has names that nobody knows, loaders may know them, and make these of them.
fn linears_without_weight(
    architecture: &Architecture,
    quantized: &BTreeSet<String>,
) -> Vec<String> {
    let linears = architecture.linears().into_iter().map(|name| with_any_index(&name));
    let others = linears.filter(|linear| !quantized.contains(linear));
    others.map(|linear| format!("re:{linear}")).collect()
}

/// The names that loaders may have for these modules, other than those on disk: as patterns for any
/// index, unless such a pattern is one of those that are meant for `others`.
fn other_names<'a>(
    architecture: &Architecture,
    modules: impl Iterator<Item = &'a String>,
    others: &BTreeSet<String>,
) -> BTreeSet<String> {
    let beside = |module: &String| {
        let mut names = architecture.names(module);
        names.remove(module);
        names
    };
    let name_or_pattern = |name: String| {
        let pattern = with_any_index(&name);
        let is_needed = pattern.contains(r"\d") && !others.contains(&pattern);
        if is_needed { format!("re:{pattern}") } else { name }
    };
    modules.flat_map(beside).map(name_or_pattern).collect()
}
