//! What a plan warns of, and what it refuses.

use std::collections::BTreeMap;
use std::ptr;

use safetensors::tensor::Dtype;

use super::model::{Plan, tensors};
use super::rules::Rules;
use super::schemes::Schemes;
use super::shard::{Action, TensorPlan};
use crate::architecture::{Architecture, ModuleKind, linear_like};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::format::Tensor;
use crate::report::{Reason, Warning};
use crate::scheme::{Experts, ModulePattern, OnUnloadable, Override};
use crate::source::Shard;

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
        (shards, rules): (&[Shard], &Rules<'_>),
        schemes: &mut Schemes<'_>,
        on_unloadable: OnUnloadable,
    ) -> Result<()> {
        let len = |tensor: &Tensor| tensor.info.data_offsets.1 - tensor.info.data_offsets.0;
        let (mut limited, mut bytes, mut of) = (BTreeMap::<_, Vec<_>>::new(), 0, 0);
        for tensor in tensors(shards) {
            control.check()?;
            let planned = rules.quantizes(tensor);
            let counts = matches!(planned, Ok(_) | Err(Reason::Converted));
            let len = if counts { len(tensor) } else { 0 };
            of += len;
            if let Some(limit) = schemes.limit(tensor, &planned) {
                bytes += len;
                limited.entry(limit).or_default().push(&tensor.name);
            }
        }
        schemes.keep_unloadable = match on_unloadable {
            OnUnloadable::Auto => 2 * bytes < of,
            OnUnloadable::Keep => true,
            OnUnloadable::Write => false,
        };
        for (limit, tensors) in limited {
            let (tensor, tensors, text) = (tensors[0].clone(), tensors.len(), limit.text());
            let is_kept = schemes.keep_unloadable && limit.allows_floats();
            if is_kept {
                let limit = text.into();
                self.warnings.push(Warning::KeptUnloadable { tensor, tensors, limit });
                continue;
            }
            let can_be_kept = limit.allows_floats();
            let error = Error::Unloadable { tensor, tensors, limit: text, can_be_kept };
            if on_unloadable != OnUnloadable::Write {
                return Err(error);
            }
            self.warnings.push(Warning::Loaders(error.to_string()));
        }
        Ok(())
    }

    pub(super) fn warn_of_unknown(&mut self, architecture: &Architecture) {
        if let Some(why) = architecture.unknown() {
            self.warnings.push(Warning::UnknownArchitecture { why: why.to_owned() });
        }
        let parts = architecture.unknown_parts().iter();
        self.warnings.extend(parts.map(|part| Warning::UnknownPart { prefix: part.clone() }));
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
        shards: &[Shard],
        rules: &Rules<'_>,
        schemes: &Schemes<'_>,
    ) -> Result<()> {
        if rules.ignore.is_empty() && schemes.overrides.is_empty() {
            return Ok(());
        }
        let modules = tensors(shards).filter_map(linear_like);
        let names: Vec<_> = modules.flat_map(|m| rules.architecture.names(m)).collect();
        let matches_none =
            |pattern: &ModulePattern| !names.iter().any(|name| pattern.matches(name));
        for pattern in rules.ignore {
            control.check()?;
            if matches_none(pattern) {
                self.warnings.push(Warning::UnusedIgnore { pattern: pattern.to_string() });
            }
        }
        let mut taken: Vec<&Override> = Vec::new();
        for tensor in tensors(shards) {
            control.check()?;
            if let Some(of_tensor) = schemes.overriding(tensor)
                && !taken.iter().any(|known| ptr::eq(*known, of_tensor))
                && rules.quantizes(tensor).is_ok()
            {
                taken.push(of_tensor);
            }
        }
        for unused in schemes.overrides.iter().filter(|o| !taken.iter().any(|t| ptr::eq(*t, *o))) {
            let matches = !matches_none(&unused.modules);
            self.warnings.push(Warning::UnusedOverride { text: unused.to_string(), matches });
        }
        Ok(())
    }

    /// Warns that loaders cast scales to the model's dtype, which changes the weights that they
    /// stand for.
    pub(super) fn warn_of_dtypes(
        &mut self,
        control: &Control<'_>,
        shards: &[Shard],
        rules: &Rules<'_>,
        of_config: Option<(&str, Dtype)>,
    ) -> Result<()> {
        let Some((key, dtype)) = of_config else { return Ok(()) };
        let mut others: BTreeMap<Dtype, usize> = BTreeMap::new();
        for tensor in tensors(shards) {
            control.check()?;
            let found = tensor.info.dtype;
            // Casting to a wider type is exact.
            let is_exact = found == dtype || dtype == Dtype::F32;
            if !is_exact && rules.quantizes(tensor).is_ok() {
                *others.entry(found).or_default() += 1;
            }
        }
        self.warnings.extend(others.into_iter().map(|(found, count)| Warning::ScaleType {
            count,
            dtype: found.to_string(),
            key: key.to_owned(),
            loaded: dtype.to_string(),
        }));
        Ok(())
    }
}
