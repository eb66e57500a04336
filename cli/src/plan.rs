//! Everything that a run will do, known from the headers alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use safetensors::tensor::{Dtype, TensorInfo};

use crate::args::{Granularity, QuantizeArgs};
use crate::checkpoint::{Checkpoint, Shard};
use crate::files::CONFIG;
use crate::ignore::IgnorePattern;
use crate::layout::{Entry, Layout};
use crate::select::{Action, Reason, Rules, linear_like};

#[derive(Debug)]
pub(crate) struct Plan {
    /// In the order in which they are put in place: the config last, since without it loaders take
    /// a directory for no model at all.
    pub(crate) outputs: Vec<Output>,
    /// Modules that loaders are told to leave alone.
    pub(crate) ignore: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// One file of OUT.
#[derive(Debug)]
pub(crate) struct Output {
    /// Relative to OUT.
    pub(crate) name: PathBuf,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Shard(ShardPlan),
    Text(String),
    Copy(PathBuf),
}

#[derive(Debug)]
pub(crate) struct ShardPlan {
    pub(crate) source: PathBuf,
    /// Bytes of the source file.
    pub(crate) source_len: u64,
    /// In the order of the source.
    pub(crate) tensors: Vec<TensorPlan>,
    pub(crate) layout: Layout,
}

#[derive(Debug)]
pub(crate) struct TensorPlan {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) len: u64,
    /// Where it begins in the source file.
    pub(crate) from: u64,
    /// Where it begins in the output file.
    pub(crate) to: u64,
    pub(crate) action: PlannedAction,
}

/// An [`Action`] with what it takes.
#[derive(Debug)]
pub(crate) enum PlannedAction {
    Quantize {
        /// How many scales there are and where they begin in the output file.
        scales: usize,
        scales_to: u64,
    },
    Keep(Reason),
}

impl Plan {
    pub(crate) fn new(checkpoint: Checkpoint, args: &QuantizeArgs) -> Result<Self> {
        let Checkpoint { source, directory, shards, config, index, others, warnings, .. } =
            checkpoint;
        let rules = Rules { ignore: &args.ignore, has_conv1d: config.has_conv1d() };
        let mut plan = Self { outputs: Vec::new(), ignore: Vec::new(), warnings };
        plan.warn_of_unused(&shards, &args.ignore);
        plan.warn_of_dtypes(&shards, &rules, config.dtype());

        let (mut weight_map, mut total_size, mut quantized) = (BTreeMap::new(), 0, 0);
        let mut ignore: BTreeSet<_> = config.tied_heads().iter().map(|&h| h.to_owned()).collect();
        for shard in shards {
            let name = shard.name.clone();
            let shard = ShardPlan::new(shard, &rules, args.granularity, &mut ignore)?;
            weight_map.extend(shard.layout.places.keys().map(|key| (key.clone(), name.clone())));
            total_size += shard.layout.data_len;
            quantized += shard.tensors.iter().filter(|tensor| tensor.is_quantized()).count();
            plan.add(name, Content::Shard(shard));
        }
        ensure!(
            quantized > 0,
            "{} holds nothing to quantize: none of its {} tensors is the two-dimensional F32, F16 \
             or BF16 weight of a Linear that is not ignored (--dry-run shows why)",
            source.display(),
            weight_map.len()
        );
        if let Some(index) = index {
            let name = index.name.clone();
            plan.add(name, Content::Text(index.rewritten(weight_map, total_size)?));
        }
        for name in others {
            let path = directory.join(&name);
            plan.add(name, Content::Copy(path));
        }
        plan.ignore = ignore.into_iter().collect();
        let config = config.quantized(args.granularity, &plan.ignore)?;
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

    fn warn_of_unused(&mut self, shards: &[Shard], patterns: &[IgnorePattern]) {
        let tensors = || shards.iter().flat_map(|shard| &shard.header.tensors);
        for pattern in patterns {
            let mut modules =
                tensors().filter_map(|tensor| linear_like(&tensor.name, &tensor.info));
            if !modules.any(|module| pattern.matches(module)) {
                self.warnings.push(format!("--ignore {pattern} matches no two-dimensional weight"));
            }
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
            if found != dtype && rules.action(&tensor.name, &tensor.info) == Action::Quantize {
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
    pub(crate) fn len(&self) -> Result<u64> {
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
        granularity: Granularity,
        ignore: &mut BTreeSet<String>,
    ) -> Result<Self> {
        let Shard { path: source, header, .. } = shard;
        let (mut entries, mut actions) = (Vec::new(), Vec::new());
        for tensor in &header.tensors {
            let TensorInfo { dtype, shape, .. } = &tensor.info;
            let (name, dtype, shape) = (tensor.name.clone(), *dtype, shape.clone());
            let action = rules.action(&name, &tensor.info);
            match &action {
                Action::Quantize => {
                    let scales = match granularity {
                        Granularity::Channel => vec![shape[0], 1],
                        Granularity::Tensor => vec![1],
                    };
                    entries.push(Entry { name: scale_name(&name), dtype, shape: scales });
                    entries.push(Entry { name, dtype: Dtype::I8, shape });
                }
                Action::Keep(_) => {
                    ignore.extend(linear_like(&name, &tensor.info).map(str::to_owned));
                    entries.push(Entry { name, dtype, shape });
                }
            }
            actions.push(action);
        }
        let layout = Layout::new(entries, &header.metadata)?;
        let tensors = header.tensors.into_iter().zip(actions).map(|(tensor, action)| {
            let TensorInfo { dtype, shape, data_offsets: (begin, end) } = tensor.info;
            let action = match action {
                Action::Quantize => PlannedAction::Quantize {
                    scales: if granularity == Granularity::Channel { shape[0] } else { 1 },
                    scales_to: layout.places[&scale_name(&tensor.name)],
                },
                Action::Keep(reason) => PlannedAction::Keep(reason),
            };
            TensorPlan {
                len: (end - begin) as u64,
                from: header.data_start + begin as u64,
                to: layout.places[&tensor.name],
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
    pub(crate) fn is_quantized(&self) -> bool {
        matches!(self.action, PlannedAction::Quantize { .. })
    }

    /// Bytes in the output file, those of the scales included.
    pub(crate) fn output_len(&self) -> u64 {
        match self.action {
            PlannedAction::Quantize { scales, .. } => {
                let width = self.dtype.bitsize() as u64 / 8;
                self.len / width + scales as u64 * width
            }
            PlannedAction::Keep(_) => self.len,
        }
    }
}

fn scale_name(weight: &str) -> String {
    format!("{weight}_scale")
}
