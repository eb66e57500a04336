//! Everything that a run will do, known from the headers alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

use anyhow::{Context as _, Result, ensure};
use safetensors::tensor::{Dtype, TensorInfo};

use crate::architecture::loaders;
use crate::format::layout::{Entry, Layout};
use crate::format::parts::Parts;
use crate::plan::rules::{Reason, Rules, linear_like};
use crate::scheme::module_pattern::ModulePattern;
use crate::scheme::overrides::{Override, Schemes};
use crate::scheme::weight_scheme::WeightScheme;
use crate::source::checkpoint::{Checkpoint, Shard};
use crate::source::files::CONFIG;

#[derive(Debug)]
pub struct Plan {
    /// In the order in which they are put in place: the config last, since without it loaders take
    /// a directory for no model at all.
    pub outputs: Vec<Output>,
    /// Modules that loaders are told to leave alone.
    pub ignore: Vec<String>,
    pub warnings: Vec<String>,
}

/// One file of OUT.
#[derive(Debug)]
pub struct Output {
    /// Relative to OUT.
    pub name: PathBuf,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Shard(ShardPlan),
    Text(String),
    Copy(PathBuf),
}

#[derive(Debug)]
pub struct ShardPlan {
    pub source: PathBuf,
    /// Bytes of the source file.
    pub source_len: u64,
    /// In the order of the source.
    pub tensors: Vec<TensorPlan>,
    pub layout: Layout,
}

#[derive(Debug)]
pub struct TensorPlan {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub len: u64,
    /// Where it begins in the source file.
    pub from: u64,
    pub action: Action,
}

/// What becomes of a tensor.
#[derive(Debug)]
pub enum Action {
    Quantize {
        scheme: WeightScheme,
        /// Where the tensors that take the weight's place begin in the output file.
        to: Parts<u64>,
        /// Their bytes.
        len: u64,
    },
    Keep {
        reason: Reason,
        /// Where it begins in the output file.
        to: u64,
    },
}

impl Plan {
    pub fn new(
        checkpoint: Checkpoint,
        scheme: WeightScheme,
        ignored: &[ModulePattern],
        overrides: &[Override],
    ) -> Result<Self> {
        let Checkpoint { source, directory, shards, config, index, others, warnings, .. } =
            checkpoint;
        let rules = Rules { ignore: ignored, has_conv1d: config.has_conv1d() };
        let schemes = Schemes { default: scheme, overrides };
        let mut plan = Self { outputs: Vec::new(), ignore: Vec::new(), warnings };
        plan.warn_of_unused(&shards, &rules, &schemes);
        plan.warn_of_dtypes(&shards, &rules, config.dtype());

        let (mut weight_map, mut total_size, mut quantized) = (BTreeMap::new(), 0, BTreeMap::new());
        let mut ignore: BTreeSet<_> = config.tied_heads().iter().map(|&h| h.to_owned()).collect();
        for shard in shards {
            let name = shard.name.clone();
            let shard = ShardPlan::new(shard, &rules, &schemes, &mut ignore)?;
            weight_map.extend(shard.layout.places.keys().map(|key| (key.clone(), name.clone())));
            total_size += shard.layout.data_len;
            quantized.extend(shard.tensors.iter().filter_map(TensorPlan::quantized_module));
            plan.add(name, Content::Shard(shard));
        }
        ensure!(
            !quantized.is_empty(),
            "{} holds nothing to quantize: none of its {} tensors is the two-dimensional F32, F16 \
             or BF16 weight of a Linear that is not ignored (--dry-run shows why)",
            source.display(),
            weight_map.len()
        );
        plan.warnings.extend(loaders::warnings(&quantized, &ignore));
        if let Some(index) = index {
            let name = index.name.clone();
            plan.add(name, Content::Text(index.rewritten(weight_map, total_size)?));
        }
        for name in others {
            let path = directory.join(&name);
            plan.add(name, Content::Copy(path));
        }
        plan.ignore = ignore.into_iter().collect();
        let groups = config_groups(scheme, quantized);
        let config = config.quantized(&groups, &plan.ignore)?;
        plan.add(CONFIG, Content::Text(config));
        Ok(plan)
    }

    fn add(&mut self, name: impl Into<PathBuf>, content: Content) {
        self.outputs.push(Output { name: name.into(), content });
    }

    /// The weight files and their names.
    pub fn shards(&self) -> impl Iterator<Item = (&Path, &ShardPlan)> {
        self.outputs.iter().filter_map(|output| match &output.content {
            Content::Shard(shard) => Some((output.name.as_path(), shard)),
            _ => None,
        })
    }

    fn warn_of_unused(&mut self, shards: &[Shard], rules: &Rules<'_>, schemes: &Schemes<'_>) {
        let tensors = || shards.iter().flat_map(|shard| &shard.header.tensors);
        let modules: Vec<_> = tensors().filter_map(linear_like).collect();
        let matches_none = |pattern: &ModulePattern| !modules.iter().any(|m| pattern.matches(m));
        for pattern in rules.ignore.iter().filter(|pattern| matches_none(pattern)) {
            self.warnings.push(format!("--ignore {pattern} matches no two-dimensional weight"));
        }
        let quantized = tensors().filter(|tensor| rules.quantizes(tensor).is_ok());
        let taken: Vec<_> = quantized.filter_map(|tensor| schemes.overriding(tensor)).collect();
        for unused in schemes.overrides.iter().filter(|o| !taken.iter().any(|t| ptr::eq(*t, *o))) {
            let why = if matches_none(&unused.modules) {
                "matches no two-dimensional weight"
            } else {
                "has no effect: what it matches is kept, or matched by another one before it"
            };
            self.warnings.push(format!("--override {unused} {why}"));
        }
    }

    /// Loaders cast scales to the model's dtype, which changes the weights that they stand for.
    fn warn_of_dtypes(
        &mut self,
        shards: &[Shard],
        rules: &Rules<'_>,
        of_config: Option<(&str, Dtype)>,
    ) {
        let Some((key, dtype)) = of_config else { return };
        let mut others: BTreeMap<Dtype, usize> = BTreeMap::new();
        for tensor in shards.iter().flat_map(|shard| &shard.header.tensors) {
            let found = tensor.info.dtype;
            // The way to a wider type is exact.
            let is_exact = found == dtype || dtype == Dtype::F32;
            if !is_exact && rules.quantizes(tensor).is_ok() {
                *others.entry(found).or_default() += 1;
            }
        }
        for (found, count) in others {
            self.warnings.push(format!(
                "{count} weights are {found} and {CONFIG} has {key} {dtype}: their scales are \
                 stored as {found}, and loaders will round them to {dtype}"
            ));
        }
    }
}

impl Content {
    /// The length of the file.
    pub fn len(&self) -> Result<u64> {
        match self {
            Self::Shard(shard) => Ok(shard.layout.file_len()),
            Self::Text(text) => Ok(text.len() as u64),
            Self::Copy(path) => {
                let metadata = fs::metadata(path);
                Ok(metadata.with_context(|| format!("cannot read {}", path.display()))?.len())
            }
        }
    }
}

impl ShardPlan {
    fn new(
        shard: Shard,
        rules: &Rules<'_>,
        schemes: &Schemes<'_>,
        ignore: &mut BTreeSet<String>,
    ) -> Result<Self> {
        /// What becomes of a tensor, and as which tensors.
        enum Stored {
            Quantized(WeightScheme, Box<Parts<Entry>>),
            Kept(Reason),
        }

        let Shard { path: source, header, .. } = shard;
        let (mut entries, mut stored) = (Vec::new(), Vec::new());
        for tensor in &header.tensors {
            let TensorInfo { dtype, shape, .. } = &tensor.info;
            stored.push(match rules.quantizes(tensor) {
                Ok(shape) => {
                    let scheme = schemes.of(tensor);
                    let parts = Parts::of(&scheme, &tensor.name, *dtype, shape)?;
                    entries.extend(parts.clone().into_iter());
                    Stored::Quantized(scheme, Box::new(parts))
                }
                Err(reason) => {
                    ignore.extend(linear_like(tensor).map(str::to_owned));
                    let (name, shape) = (tensor.name.clone(), shape.clone());
                    entries.push(Entry { name, dtype: *dtype, shape });
                    Stored::Kept(reason)
                }
            });
        }
        let layout = Layout::new(entries, &header.metadata)?;
        let tensors = header.tensors.into_iter().zip(stored).map(|(tensor, stored)| {
            let TensorInfo { dtype, shape, data_offsets: (begin, end) } = tensor.info;
            let action = match stored {
                Stored::Quantized(scheme, parts) => Action::Quantize {
                    scheme,
                    len: parts.clone().into_iter().map(|part| part.len()).sum(),
                    to: parts.map(|part| layout.places[&part.name]),
                },
                Stored::Kept(reason) => Action::Keep { reason, to: layout.places[&tensor.name] },
            };
            TensorPlan {
                len: (end - begin) as u64,
                from: header.data_start + begin as u64,
                name: tensor.name,
                dtype,
                shape,
                action,
            }
        });
        Ok(Self { source, source_len: header.file_len, tensors: tensors.collect(), layout })
    }
}

impl TensorPlan {
    /// Its scheme, if it is quantized.
    pub fn scheme(&self) -> Option<WeightScheme> {
        match self.action {
            Action::Quantize { scheme, .. } => Some(scheme),
            Action::Keep { .. } => None,
        }
    }

    /// The module and its scheme, if it is quantized.
    fn quantized_module(&self) -> Option<(String, WeightScheme)> {
        let module = self.name.strip_suffix(".weight")?;
        Some((module.to_owned(), self.scheme()?))
    }

    /// Bytes in the output file, of all tensors that take its place.
    pub fn output_len(&self) -> u64 {
        match self.action {
            Action::Quantize { len, .. } => len,
            Action::Keep { .. } => self.len,
        }
    }
}

/// One scheme for every Linear, or each for modules by name. A class beside names would be taken for
/// the layers that engines fuse, which have other names.
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
