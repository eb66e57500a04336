//! The modules of a model under all their names, and how config.json names those of some kind.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::Module;
use super::schemes::{Decision, Quantized};
use crate::architecture::{
    Architecture, Limit, ModuleKind, Part, exact, with_any_index, write_without_numbers,
};
use crate::control::Control;
use crate::error::Result;
use crate::format::QuantizationConfig;
use crate::scheme::{ModulePattern, WeightScheme};

/// What becomes of the modules that loaders may take for linear layers.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// By the name on disk.
    quantized: BTreeMap<String, WeightScheme>,
    /// Those that are quantized and that the running model stacks.
    stacked: BTreeSet<String>,
    kept: BTreeMap<String, Kept>,
    /// All names that loaders may have for a module, by that on disk.
    names: BTreeMap<String, BTreeSet<String>>,
}

/// What a module is that is kept.
#[derive(Clone, Copy, Debug)]
struct Kept {
    kind: Option<ModuleKind>,
    limit: Option<Limit>,
}

impl Modules {
    /// Adds the module of a tensor, if it has one that loaders may take for a linear layer.
    pub(crate) fn add(&mut self, decision: Decision) {
        let is_stacked = decision.scheme_of_stacked().is_some();
        let Decision { kind, limit, module, fate } = decision;
        let Some(Module { name, names }) = module else { return };
        match fate {
            Ok(Quantized { scheme, .. }) => {
                self.quantized.insert(name.clone(), scheme);
                self.stacked.extend(is_stacked.then(|| name.clone()));
            }
            Err(_) => {
                self.kept.insert(name.clone(), Kept { kind, limit });
            }
        }
        self.names.insert(name, names);
    }

    /// What config.json says of how the model is quantized.
    pub(crate) fn config(
        &self,
        control: &Control<'_>,
        architecture: &Architecture,
        default: WeightScheme,
        ignore: &[ModulePattern],
    ) -> Result<QuantizationConfig> {
        let asked = ignore.iter().map(|pattern| pattern.name().map_or(pattern.to_string(), exact));
        let mut ignore: BTreeSet<String> = asked.collect();
        ignore.extend(self.ignore(control, architecture)?);
        let ignore = ignore.into_iter().collect();
        Ok(QuantizationConfig { groups: self.targets(control, default)?, ignore })
    }

    /// The same of a part of the model. None if no module of it is quantized. Patterns that were
    /// asked for are none of it: they are for the whole model's names.
    pub(crate) fn config_of(
        &self,
        control: &Control<'_>,
        part: &Part,
        default: WeightScheme,
    ) -> Result<Option<QuantizationConfig>> {
        let mut names = BTreeMap::new();
        for (module, of_whole) in &self.names {
            control.check()?;
            let inside = part.names(module, of_whole);
            if !inside.is_empty() {
                names.insert(module.clone(), of_whole | &inside);
            }
        }
        if !names.keys().any(|module| self.quantized.contains_key(module)) {
            return Ok(None);
        }
        // Some classes of a part have modules beside it, as the whole model names them, unless the
        // part has a module of this name.
        let inside: BTreeSet<String> = names.values().flatten().cloned().collect();
        for (module, of_whole) in &self.names {
            names.entry(module.clone()).or_insert_with(|| of_whole - &inside);
        }
        let (quantized, stacked) = (self.quantized.clone(), self.stacked.clone());
        let of_part = Self { quantized, stacked, kept: self.kept.clone(), names };
        let mut ignore = BTreeSet::new();
        for architecture in part.architectures() {
            ignore.extend(of_part.ignore(control, architecture)?);
        }
        let ignore = ignore.into_iter().collect();
        Ok(Some(QuantizationConfig { groups: of_part.targets(control, default)?, ignore }))
    }

    pub(crate) fn quantized(&self) -> &BTreeMap<String, WeightScheme> {
        &self.quantized
    }

    /// The modules that are kept, by their names on disk.
    pub(crate) fn kept(&self) -> BTreeSet<String> {
        self.kept.keys().cloned().collect()
    }

    /// Regular expressions for all names of the modules that are quantized by some schemes, with
    /// any index.
    fn patterns(
        &self,
        control: &Control<'_>,
        of: impl Fn(&WeightScheme) -> bool,
    ) -> Result<BTreeSet<String>> {
        // Most names differ in their numbers only.
        let (mut patterns, mut pattern) = (BTreeSet::new(), String::new());
        for (module, _) in self.quantized.iter().filter(|(_, scheme)| of(scheme)) {
            control.check()?;
            for name in &self.names[module] {
                write_without_numbers(name, &mut pattern);
                if !patterns.contains(&pattern) {
                    patterns.insert(pattern.clone());
                }
            }
        }
        Ok(patterns.into_iter().map(|pattern| with_any_index(&pattern)).collect())
    }

    /// The modules that `ignore` of config.json names: every one that is kept, and heads without a
    /// tensor.
    fn ignore(
        &self,
        control: &Control<'_>,
        architecture: &Architecture,
    ) -> Result<BTreeSet<String>> {
        let mut ignore = BTreeSet::new();
        let quantized = self.patterns(control, |_| true)?;
        let heads = architecture.heads().into_iter().map(|head| (architecture.names(&head), head));
        let heads: Vec<(BTreeSet<String>, String)> = heads.collect();
        let of_heads: BTreeSet<&String> = heads.iter().flat_map(|(names, _)| names).collect();
        let names = self.names.values().flatten();
        let have_tensors: BTreeSet<&String> =
            names.filter(|name| of_heads.contains(name)).collect();
        for (names, head) in &heads {
            control.check()?;
            if !head.contains('*') {
                if !names.iter().any(|name| have_tensors.contains(name)) {
                    ignore.insert(exact(head));
                    ignore.extend(other_names(head, names, &quantized));
                }
                continue;
            }
            // Some of a list of heads may share the weights of one that has a tensor.
            let patterns: Vec<_> = names.iter().map(|name| with_any_index(name)).collect();
            if !patterns.iter().any(|pattern| quantized.contains(pattern)) {
                ignore.extend(patterns.into_iter().map(|pattern| format!("re:{pattern}")));
            }
        }
        for (module, Kept { kind, .. }) in &self.kept {
            control.check()?;
            let names = &self.names[module];
            ignore.extend(names.contains(module).then(|| exact(module)));
            if kind.is_none_or(ModuleKind::may_be_linear) {
                ignore.extend(other_names(module, names, &quantized));
            }
            if *kind == Some(ModuleKind::Experts) {
                // An engine asks for the layers of each expert.
                let each = |name: &String| with_any_index(name).replace('$', r"\..*");
                ignore.extend(names.iter().map(|name| format!("re:{}", each(name))));
            }
        }
        let is_converted = |kept: &Kept| kept.limit == Some(Limit::Converted);
        if self.kept.values().any(|kept| kept.kind.is_none() || is_converted(kept)) {
            ignore.extend(linears_without_weight(architecture, &quantized));
        }
        Ok(ignore)
    }

    /// What `targets` of config.json says for each scheme, the default first: one scheme for every
    /// Linear, or each scheme for modules by name. A class beside names would be taken for the
    /// layers that engines fuse, which have other names. Where the running model stacks experts,
    /// their scheme is first: transformers takes the first one that has a pattern with "experts".
    fn targets(
        &self,
        control: &Control<'_>,
        default: WeightScheme,
    ) -> Result<Vec<(WeightScheme, Vec<String>)>> {
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
            return Ok(groups);
        }
        let is_of_stacked =
            |modules: &[String]| modules.iter().any(|module| self.stacked.contains(module));
        groups.sort_by_key(|(_, modules)| !is_of_stacked(modules));
        for (scheme, modules) in &mut groups {
            let others = self.patterns(control, |other| other != scheme)?;
            let mut other: BTreeSet<String> = BTreeSet::new();
            for module in &*modules {
                control.check()?;
                let names = &self.names[module];
                other.extend(other_names(module, names, &others));
                if self.stacked.contains(module) {
                    let patterns = names.iter().map(|name| with_any_index(name));
                    other.extend(patterns.map(|pattern| format!("re:{pattern}")));
                }
            }
            let own = modules.iter().filter(|module| self.names[*module].contains(*module));
            *modules = own.map(|module| exact(module)).chain(other).collect();
        }
        Ok(groups)
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

/// The names that loaders may have for a module, other than that on disk: as patterns for any
/// index, unless such a pattern is one of those that are meant for `others`.
fn other_names(
    module: &str,
    names: &BTreeSet<String>,
    others: &BTreeSet<String>,
) -> impl Iterator<Item = String> {
    names.iter().filter(move |name| *name != module).map(|name| {
        let pattern = with_any_index(name);
        let is_needed = pattern.contains(r"\d") && !others.contains(&pattern);
        if is_needed { format!("re:{pattern}") } else { exact(name) }
    })
}
