//! The plan of a whole model: everything that a run will do, known from the headers alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::modules::Modules;
use super::rules::Rules;
use super::schemes::{Schemes, refuse_ragged};
use super::shard::{ShardPlan, TensorPlan};
use crate::architecture::{Architecture, Part, linear_like};
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
        let weights: Vec<_> = tensors(&shards).filter_map(linear_like).collect();
        let architecture = Architecture::of(&config, &weights);
        let rules = Rules { ignore, architecture: &architecture };
        let schemes = Schemes { default, overrides, on_ragged };
        let mut plan = Self { outputs: Vec::new(), ignore: Vec::new(), warnings };
        let mut decided = Vec::new();
        for tensor in tensors(&shards) {
            control.check()?;
            decided.push((tensor, schemes.decide(rules.judge(tensor))));
        }
        plan.check_limits(control, &architecture, &mut decided, on_unloadable)?;
        if on_ragged == OnRagged::Refuse {
            refuse_ragged(control, &decided)?;
        }
        plan.warn_of_unknown(&architecture, &decided);
        plan.warn_of_unused(control, &decided, ignore, overrides)?;
        plan.warn_of_dtypes(&decided, config.dtype());

        let (mut weight_map, mut total_size) = (BTreeMap::new(), 0);
        let mut modules = Modules::default();
        let decisions: Vec<_> = decided.into_iter().map(|(_, decision)| decision).collect();
        let mut decisions = decisions.into_iter();
        for shard in shards {
            let name = shard.name.clone();
            let shard = ShardPlan::new(control, shard, &mut decisions, &mut modules)?;
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
        let whole = modules.config(control, &architecture, default, ignore)?;
        plan.warn_of_loaders(&architecture, &modules);
        let mut parts = BTreeMap::new();
        for part in Part::all_of(&architecture, &config) {
            if let Some(of_part) = modules.config_of(control, &part, default)? {
                parts.extend(part.paths.into_iter().map(|path| (path, of_part.clone())));
            }
        }
        plan.add(CONFIG, Content::Text(quantized_config(config, &whole, &parts)));
        plan.ignore = whole.ignore;
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
