//! What a plan warns of, and what it refuses.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::tensor::Dtype;

use super::model::Plan;
use super::modules::Modules;
use super::schemes::{Decided, Decision};
use super::shard::{Action, TensorPlan};
use crate::architecture::{Architecture, Limit, ModuleKind, linear_like};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::format::Tensor;
use crate::report::{Reason, Warning};
use crate::scheme::{Experts, ModulePattern, OnUnloadable, Override};

impl Plan {
    /// Refuses to leave stacked experts as they are unless that was asked for: they are most of a
    /// model, and no loader reads them quantized.
    ///
    /// Where the architecture is not known, they are only taken for experts by their names. Then
    /// they are kept, with a warning.
    pub(super) fn check_experts(
        &mut self,
        architecture: &Architecture,
        experts: Experts,
    ) -> Result<()> {
        let all = || self.shards().flat_map(|(_, shard)| &shard.tensors);
        let stacked = || all().filter(|tensor| tensor.kind == Some(ModuleKind::Experts));
        let Some(first) = stacked().next() else { return Ok(()) };
        let (tensor, tensors) = (first.name.clone(), stacked().count());
        let bytes = stacked().map(|tensor| tensor.len).sum();
        let of = all().map(|tensor| tensor.len).sum();
        match experts {
            Experts::Keep => Ok(()),
            Experts::Refuse if architecture.is_known() => {
                Err(Error::StackedExperts { tensor, tensors, bytes, of })
            }
            Experts::Refuse => {
                self.warnings.push(Warning::StackedExperts { tensor, tensors, bytes, of });
                Ok(())
            }
        }
    }

    /// Decides whether weights that transformers does not load in their scheme are kept, and
    /// refuses the model if it would not load whatever is kept.
    pub(super) fn check_limits(
        &mut self,
        control: &Control<'_>,
        architecture: &Architecture,
        decided: &mut [Decided<'_>],
        on_unloadable: OnUnloadable,
    ) -> Result<()> {
        let len = |tensor: &Tensor| tensor.info.data_offsets.1 - tensor.info.data_offsets.0;
        let loads = loads(architecture, decided, |decision| decision.fate.is_ok());
        let experts = decided.iter().filter_map(|(_, decision)| decision.scheme_of_stacked());
        let one_scheme = experts
            .clone()
            .next()
            .filter(|first| first.is_symmetric() && experts.clone().all(|scheme| scheme == *first));
        let is_unlike = |decision: &Decision| {
            decision.scheme_of_stacked().is_some_and(|scheme| Some(scheme) != one_scheme)
        };
        let (mut limited, mut bytes, mut of) = (BTreeMap::<_, Vec<_>>::new(), 0, 0);
        for (tensor, decision) in &*decided {
            control.check()?;
            let counts = matches!(decision.fate, Ok(_) | Err(Reason::Converted));
            let len = if counts { len(tensor) } else { 0 };
            of += len;
            let whole = (!loads && decision.fate.is_ok()).then_some(Limit::Architecture);
            let unlike = || is_unlike(decision).then_some(Limit::OneScheme);
            if let Some(limit) = whole.or_else(|| decision.obstacle()).or_else(unlike) {
                bytes += len;
                limited.entry(limit).or_default().push(tensor.name.clone());
            }
        }
        let remains =
            |decision: &Decision| decision.fate.is_ok() && !decision.loads_as_float_only();
        let loads_less = self::loads(architecture, decided, remains);
        let some_remain = decided.iter().any(|(_, decision)| remains(decision));
        let keep = match on_unloadable {
            OnUnloadable::Auto => 2 * bytes < of && loads_less,
            OnUnloadable::Keep => loads_less,
            OnUnloadable::Write => false,
        };
        for (limit, tensors) in limited {
            let (tensor, tensors, text) = (tensors[0].clone(), tensors.len(), limit.text());
            if keep && limit.allows_floats() {
                let limit = text.into();
                self.warnings.push(Warning::KeptUnloadable { tensor, tensors, limit });
                continue;
            }
            let can_be_kept = loads_less && some_remain && limit.allows_floats();
            let error = Error::Unloadable { tensor, tensors, limit: text, can_be_kept };
            if on_unloadable != OnUnloadable::Write {
                return Err(error);
            }
            self.warnings.push(Warning::Loaders(error.to_string()));
        }
        for (_, decision) in
            decided.iter_mut().filter(|(_, decision)| keep && decision.loads_as_float_only())
        {
            decision.fate = Err(Reason::Unloadable);
        }
        Ok(())
    }

    pub(super) fn warn_of_unknown(&mut self, architecture: &Architecture, decided: &[Decided<'_>]) {
        if let Some(why) = architecture.unknown() {
            self.warnings.push(Warning::UnknownArchitecture { why: why.to_owned() });
            let has_head = decided.iter().any(|(_, d)| d.kind == Some(ModuleKind::Head));
            if architecture.ties_words() && !has_head && !architecture.is_like_a_known_one() {
                self.warnings.push(Warning::Loaders(
                    "config.json has tie_word_embeddings, and no tensor is that of a head: unless \
                     the head is called lm_head, name it with --ignore, or loaders take it for a \
                     quantized layer without values"
                        .to_owned(),
                ));
            }
        }
        let parts: BTreeSet<&str> = architecture.unknown_parts().collect();
        if !parts.is_empty() {
            let prefixes = parts.into_iter().map(str::to_owned).collect();
            self.warnings.push(Warning::UnknownParts { prefixes });
        }
    }

    pub(super) fn warn_of_unknown_modules(&mut self) {
        let is_unknown = |tensor: &&TensorPlan| {
            matches!(&tensor.action, Action::Keep { reason: Reason::UnknownModule, .. })
        };
        let all = self.shards().flat_map(|(_, shard)| &shard.tensors).filter(is_unknown);
        let mut names = all.map(|tensor| tensor.name.clone());
        if let Some(tensor) = names.next() {
            self.warnings.push(Warning::UnknownModules { tensor, tensors: 1 + names.count() });
        }
    }

    pub(super) fn warn_of_unused(
        &mut self,
        control: &Control<'_>,
        decided: &[Decided<'_>],
        ignore: &[ModulePattern],
        overrides: &[Override],
    ) -> Result<()> {
        let matches_none = |pattern: &ModulePattern| {
            let modules = decided.iter().filter(|(tensor, _)| linear_like(tensor).is_some());
            let mut modules = modules.filter_map(|(_, decision)| decision.module.as_ref());
            !modules.any(|module| module.is_matched_by(pattern))
        };
        for pattern in ignore {
            control.check()?;
            if matches_none(pattern) {
                self.warnings.push(Warning::UnusedIgnore { pattern: pattern.to_string() });
            }
        }
        let quantized = decided.iter().filter_map(|(_, decision)| decision.fate.as_ref().ok());
        let taken: BTreeSet<usize> = quantized.filter_map(|weight| weight.overridden).collect();
        let unused = overrides.iter().enumerate().filter(|(i, _)| !taken.contains(i));
        for (_, unused) in unused {
            control.check()?;
            let matches = !matches_none(&unused.modules);
            self.warnings.push(Warning::UnusedOverride { text: unused.to_string(), matches });
        }
        Ok(())
    }

    /// Warns that loaders cast scales to the model's dtype, which changes the weights that they
    /// stand for.
    pub(super) fn warn_of_dtypes(
        &mut self,
        decided: &[Decided<'_>],
        of_config: Option<(&str, Dtype)>,
    ) {
        let Some((key, dtype)) = of_config else { return };
        let mut others: BTreeMap<Dtype, usize> = BTreeMap::new();
        for (tensor, _) in decided.iter().filter(|(_, decision)| decision.fate.is_ok()) {
            let found = tensor.info.dtype;
            // Casting to a wider type is exact.
            let is_exact = found == dtype || dtype == Dtype::F32;
            if !is_exact {
                *others.entry(found).or_default() += 1;
            }
        }
        self.warnings.extend(others.into_iter().map(|(found, count)| Warning::ScaleType {
            count,
            dtype: found.to_string(),
            key: key.to_owned(),
            loaded: dtype.to_string(),
        }));
    }

    /// Warns of what loaders do with the schemes of a plan.
    pub(super) fn warn_of_loaders(&mut self, architecture: &Architecture, modules: &Modules) {
        let quantized = modules.quantized();
        self.warnings.extend(crate::architecture::warnings(quantized, &modules.kept()));
        if architecture.unknown().is_some() && quantized.values().any(|s| s.is_packed()) {
            self.warnings.push(Warning::Loaders(
                "transformers loads packed weights of some architectures only with \
                 CompressedTensorsConfig(dequantize=True), and this one is not known"
                    .to_owned(),
            ));
        }
    }
}

/// Whether transformers loads a quantized model of which these tensors are quantized.
fn loads(
    architecture: &Architecture,
    decided: &[Decided<'_>],
    is_quantized: impl Fn(&Decision) -> bool + Clone,
) -> bool {
    let decisions = decided.iter().map(|(_, decision)| decision);
    let modules = decisions.filter(move |decision| is_quantized(decision));
    architecture.loads(modules.filter_map(|decision| Some(&decision.module.as_ref()?.names)))
}
