//! The plan of a whole model: everything that a run will do, known from the headers alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

use safetensors::tensor::Dtype;

use super::rules::Rules;
use super::schemes::Schemes;
use super::shard::{ShardPlan, TensorPlan};
use crate::architecture::{has_conv1d, linear_like, tied_heads};
use crate::control::Control;
use crate::error::{Error, IoContext as _, Result};
use crate::format::names::CONFIG;
use crate::format::{Tensor, quantized_config};
use crate::report::{Reason, Warning};
use crate::scheme::{ModulePattern, OnRagged, Override, WeightScheme};
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
        default: WeightScheme,
        (overrides, on_ragged): (&[Override], OnRagged),
        ignore: &[ModulePattern],
    ) -> Result<Self> {
        let Checkpoint { source, directory, shards, config, index, others, warnings, .. } =
            checkpoint;
        let rules = Rules { ignore, has_conv1d: has_conv1d(&config) };
        let schemes = Schemes { default, overrides, on_ragged };
        let quantized = tensors(&shards).filter(|tensor| rules.quantizes(tensor).is_ok());
        schemes.refuse_ragged(control, quantized)?;
        let mut plan = Self { outputs: Vec::new(), ignore: Vec::new(), warnings };
        plan.warn_of_unused(control, &shards, &rules, &schemes)?;
        plan.warn_of_dtypes(control, &shards, &rules, config.dtype())?;

        let (mut weight_map, mut total_size, mut quantized) = (BTreeMap::new(), 0, BTreeMap::new());
        let mut ignore: BTreeSet<_> = tied_heads(&config).iter().map(|&h| h.to_owned()).collect();
        for shard in shards {
            let name = shard.name.clone();
            let shard = ShardPlan::new(control, shard, &rules, &schemes, &mut ignore)?;
            weight_map.extend(shard.layout.places.keys().map(|key| (key.clone(), name.clone())));
            total_size += shard.layout.data_len;
            quantized.extend(shard.tensors.iter().filter_map(TensorPlan::quantized_module));
            plan.add(name, Content::Shard(shard));
        }
        if quantized.is_empty() {
            let tensors = plan.shards().flat_map(|(_, shard)| &shard.tensors);
            let kept = Reason::counted(tensors.filter_map(TensorPlan::reason));
            return Err(Error::NothingToQuantize { path: source, tensors: weight_map.len(), kept });
        }
        plan.warnings.extend(crate::architecture::warnings(&quantized, &ignore));
        if let Some(index) = index {
            let name = index.name.clone();
            plan.add(name, Content::Text(index.rewritten(control, weight_map, total_size)?));
        }
        for name in others {
            let path = directory.join(&name);
            plan.add(name, Content::Copy(path));
        }
        plan.ignore = ignore.into_iter().collect();
        let groups = config_groups(default, quantized);
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

    fn warn_of_unused(
        &mut self,
        control: &Control<'_>,
        shards: &[Shard],
        rules: &Rules<'_>,
        schemes: &Schemes<'_>,
    ) -> Result<()> {
        let modules: Vec<_> = tensors(shards).filter_map(linear_like).collect();
        let matches_none = |pattern: &ModulePattern| !modules.iter().any(|m| pattern.matches(m));
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

/// The groups of the config: one scheme for every Linear, or each scheme for modules by name. A
/// class beside names would be taken for the layers that engines fuse, which have other names.
fn config_groups(
    scheme: WeightScheme,
    quantized: BTreeMap<String, WeightScheme>,
) -> Vec<(WeightScheme, Vec<String>)> {
    let mut groups: Vec<(WeightScheme, Vec<String>)> = vec![(scheme, Vec::new())];
    for (module, scheme) in quantized {
        match groups.iter_mut().find(|(known, _)| *known == scheme) {
            Some((_, modules)) => modules.push(module),
            None => groups.push((scheme, vec![module])),
        }
    }
    groups.retain(|(_, modules)| !modules.is_empty());
    if let [(_, modules)] = &mut groups[..] {
        *modules = vec!["Linear".to_owned()];
    }
    groups
}
