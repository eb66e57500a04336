//! The plan of a whole model: everything that a run will do, known from the headers alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

use safetensors::tensor::Dtype;

use super::modules::Modules;
use super::rules::Rules;
use super::schemes::Schemes;
use super::shard::{Action, ShardPlan, TensorPlan};
use crate::architecture::{Architecture, ModuleKind, linear_like};
use crate::control::Control;
use crate::error::{Error, IoContext as _, Result};
use crate::format::names::CONFIG;
use crate::format::{Tensor, quantized_config};
use crate::report::{Reason, Warning};
use crate::scheme::{Experts, ModulePattern, OnRagged, OnUnloadable, Override, WeightScheme};
use crate::source::{Checkpoint, Shard};

#[derive(Debug)]
pub(crate) struct Plan {
    /// The files of OUT, in the order in which they are put in place. The config comes last, since
    /// without it loaders take a directory for no model at all.
    pub(crate) outputs: Vec<Output>,
    /// Modules that loaders are told to leave alone.
    pub(crate) ignore: Vec<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// What is wanted of a plan: the options of quantizing that decide what becomes of each tensor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) scheme: WeightScheme,
    pub(crate) overrides: &'a [Override],
    pub(crate) on_ragged: OnRagged,
    pub(crate) ignore: &'a [ModulePattern],
    pub(crate) experts: Experts,
    pub(crate) on_unloadable: OnUnloadable,
}

/// One file of OUT.
#[derive(Debug)]
pub(crate) struct Output {
    /// The path of the file, relative to OUT.
    pub(crate) name: PathBuf,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Shard(ShardPlan),
    Text(String),
    Copy(PathBuf),
}

impl Plan {
    pub(crate) fn new(
        control: &Control<'_>,
        checkpoint: Checkpoint,
        wanted: &Wanted<'_>,
    ) -> Result<Self> {
        let Checkpoint { source, directory, shards, config, index, others, warnings, .. } =
            checkpoint;
        let Wanted { scheme: default, overrides, on_ragged, ignore, experts, on_unloadable } =
            *wanted;
        let weights = tensors(&shards).filter_map(linear_like);
        let architecture = Architecture::of(&config, weights);
        let rules = Rules { ignore, architecture: &architecture };
        let mut schemes = Schemes {
            default,
            overrides,
            on_ragged,
            architecture: &architecture,
            keep_unloadable: false,
        };
        let mut plan = Self { outputs: Vec::new(), ignore: Vec::new(), warnings };
        let quantized = || tensors(&shards).filter(|tensor| rules.quantizes(tensor).is_ok());
        plan.check_limits(control, (&shards, &rules), &mut schemes, on_unloadable)?;
        schemes.refuse_ragged(control, quantized())?;
        plan.warn_of_unknown(&architecture);
        plan.warn_of_unused(control, &shards, &rules, &schemes)?;
        plan.warn_of_dtypes(control, &shards, &rules, config.dtype())?;

        let (mut weight_map, mut total_size) = (BTreeMap::new(), 0);
        let mut modules = Modules::default();
        for shard in shards {
            let name = shard.name.clone();
            let shard = ShardPlan::new(control, shard, &rules, &schemes, &mut modules)?;
            weight_map.extend(shard.layout.places.keys().map(|key| (key.clone(), name.clone())));
            total_size += shard.layout.data_len;
            plan.add(name, Content::Shard(shard));
        }
        if modules.quantized().is_empty() {
            let tensors = plan.shards().flat_map(|(_, shard)| &shard.tensors);
            let kept = Reason::counted(tensors.filter_map(TensorPlan::reason));
            let (class, tensors) = (config.architectures().into_iter().next(), weight_map.len());
            return Err(Error::NothingToQuantize { path: source, class, tensors, kept });
        }
        plan.check_experts(&architecture, experts)?;
        plan.warn_of_unknown_modules();
        if let Some(index) = index {
            let name = index.name.clone();
            plan.add(name, Content::Text(index.rewritten(control, weight_map, total_size)?));
        }
        for name in others {
            let path = directory.join(&name);
            plan.add(name, Content::Copy(path));
        }
        plan.ignore = modules.ignore(&architecture, ignore);
        plan.warnings.extend(crate::architecture::warnings(modules.quantized(), &modules.kept()));
        if architecture.unknown().is_some() && modules.quantized().values().any(|s| s.is_packed()) {
            plan.warnings.push(Warning::Loaders(
                "transformers loads packed weights of some architectures only with \
                 CompressedTensorsConfig(dequantize=True), and this one is not known"
                    .to_owned(),
            ));
        }
        let groups = modules.targets(&architecture, default);
        let config = quantized_config(config, &groups, &plan.ignore);
        plan.add(CONFIG, Content::Text(config));
        Ok(plan)
    }

    fn add(&mut self, name: impl Into<PathBuf>, content: Content) {
        self.outputs.push(Output { name: name.into(), content });
    }

    /// The weight files and their names.
    pub(crate) fn shards(&self) -> impl Iterator<Item = (&Path, &ShardPlan)> {
        self.outputs.iter().filter_map(|output| match &output.content {
            Content::Shard(shard) => Some((output.name.as_path(), shard)),
            _ => None,
        })
    }

    /// Bytes of all files.
    pub(crate) fn output_len(&self) -> u64 {
        self.outputs.iter().filter_map(|output| output.content.len().ok()).sum()
    }

    /// Refuses to leave stacked experts as they are unless that was asked for: they are most of a
    /// model, and no loader reads them quantized.
    ///
    /// Where the architecture is not known, they are only taken for experts by their names. Then
    /// they are kept, with a warning.
    fn check_experts(&mut self, architecture: &Architecture, experts: Experts) -> Result<()> {
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

    /// Decides whether weights that transformers does not load in their scheme are kept, and refuses
    /// the model if it would not load whatever is kept.
    fn check_limits(
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
            let is_converted = matches!(planned, Err(Reason::Converted));
            let len = if planned.is_ok() || is_converted { len(tensor) } else { 0 };
            of += len;
            let limit = if is_converted {
                tensor.name.strip_suffix(".weight").and_then(|m| rules.architecture.limit(m))
            } else {
                schemes.limit(tensor, planned.is_ok())
            };
            if let Some(limit) = limit {
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

    fn warn_of_unknown(&mut self, architecture: &Architecture) {
        if let Some(name) = architecture.unknown() {
            self.warnings.push(Warning::UnknownArchitecture { name: name.to_owned() });
        }
        let parts = architecture.unknown_parts().iter();
        self.warnings.extend(parts.map(|part| Warning::UnknownPart { prefix: part.clone() }));
    }

    fn warn_of_unknown_modules(&mut self) {
        let is_unknown = |tensor: &&TensorPlan| {
            matches!(&tensor.action, Action::Keep { reason: Reason::UnknownModule, .. })
        };
        let all = self.shards().flat_map(|(_, shard)| &shard.tensors).filter(is_unknown);
        let mut names = all.map(|tensor| tensor.name.clone());
        if let Some(tensor) = names.next() {
            self.warnings.push(Warning::UnknownModules { tensor, tensors: 1 + names.count() });
        }
    }

    fn warn_of_unused(
        &mut self,
        control: &Control<'_>,
        shards: &[Shard],
        rules: &Rules<'_>,
        schemes: &Schemes<'_>,
    ) -> Result<()> {
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
    fn warn_of_dtypes(
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

fn tensors(shards: &[Shard]) -> impl Iterator<Item = &Tensor> {
    shards.iter().flat_map(|shard| &shard.header.tensors)
}

impl Content {
    /// The length of the file.
    pub(crate) fn len(&self) -> Result<u64> {
        match self {
            Self::Shard(shard) => Ok(shard.layout.file_len()),
            Self::Text(text) => Ok(text.len() as u64),
            Self::Copy(path) => Ok(fs::metadata(path).cannot("read", path)?.len()),
        }
    }
}
