//! The weights that are tried: those that `quantize` would quantize.

use anyhow::{Result, bail, ensure};

use crate::args::SweepArgs;
use absmax_checkpoint::format::header::Tensor;
use absmax_checkpoint::plan::rules::{Rules, linear_like};
use absmax_checkpoint::read::stored::Place;
use absmax_checkpoint::scheme::module_pattern::ModulePattern;
use absmax_checkpoint::source::checkpoint::Checkpoint;

#[derive(Debug)]
pub(crate) struct Selected<'a> {
    pub(crate) name: &'a str,
    /// The name of its file.
    pub(crate) file: &'a str,
    pub(crate) place: Place,
    pub(crate) shape: [usize; 2],
}

/// In the order of the files and of their data.
pub(crate) fn select<'a>(
    checkpoint: &'a Checkpoint,
    args: &SweepArgs,
) -> Result<Vec<Selected<'a>>> {
    let rules = Rules { ignore: &args.ignore, has_conv1d: checkpoint.config.has_conv1d() };
    if let Some(name) = &args.tensor {
        check_name(checkpoint, &rules, name)?;
    }
    let mut selected = Vec::new();
    for (i, shard) in checkpoint.shards.iter().enumerate() {
        for tensor in &shard.header.tensors {
            let is_wanted = args.tensor.as_ref().is_none_or(|name| *name == tensor.name);
            if is_wanted && let Ok(shape) = rules.quantizes(tensor) {
                let place = Place::of(i, shard, tensor);
                selected.push(Selected { name: &tensor.name, file: &shard.name, place, shape });
            }
        }
    }
    ensure!(
        !selected.is_empty(),
        "{} holds nothing to quantize: none of its {} tensors is the two-dimensional F32, F16 or BF16 \
         weight of a Linear that is not ignored (quantize --dry-run shows why)",
        checkpoint.source.display(),
        tensors(checkpoint).count()
    );
    Ok(selected)
}

/// Why a tensor cannot be tried alone.
fn check_name(checkpoint: &Checkpoint, rules: &Rules<'_>, name: &str) -> Result<()> {
    let source = checkpoint.source.display();
    let Some(tensor) = tensors(checkpoint).find(|tensor| tensor.name == name) else {
        let similar = similar(checkpoint, rules, name);
        let hint = if similar.is_empty() { "" } else { "; similar names are " };
        bail!("{source} has no tensor {name}{hint}{}", similar.join(", "));
    };
    match rules.quantizes(tensor) {
        Ok(_) => Ok(()),
        Err(reason) => bail!("tensor {name} is not one that is quantized: {reason}"),
    }
}

/// The weights whose names are most like one that is not there.
fn similar<'a>(checkpoint: &'a Checkpoint, rules: &Rules<'_>, name: &str) -> Vec<&'a str> {
    const MOST: usize = 3;
    // A part of a name is like the whole, however much longer that is.
    let likeness = |known: &'a str| match strsim::normalized_damerau_levenshtein(name, known) {
        likeness if known.contains(name) => 1.0 + likeness,
        likeness => likeness,
    };
    let weights = tensors(checkpoint).filter(|tensor| rules.quantizes(tensor).is_ok());
    let names = weights.map(|weight| (likeness(&weight.name), &*weight.name));
    let mut names: Vec<_> = names.filter(|(likeness, _)| *likeness > 0.5).collect();
    names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    names.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// Warnings of `--ignore` that ignores nothing.
pub(crate) fn unused<'a>(
    checkpoint: &'a Checkpoint,
    args: &'a SweepArgs,
) -> impl Iterator<Item = String> + 'a {
    let matches = |pattern: &ModulePattern, tensor: &Tensor| {
        linear_like(tensor).is_some_and(|module| pattern.matches(module))
    };
    let unused =
        move |pattern: &&ModulePattern| !tensors(checkpoint).any(|tensor| matches(pattern, tensor));
    let unused = args.ignore.iter().filter(unused);
    unused.map(|pattern| format!("--ignore {pattern} matches no two-dimensional weight"))
}

fn tensors(checkpoint: &Checkpoint) -> impl Iterator<Item = &Tensor> {
    checkpoint.shards.iter().flat_map(|shard| &shard.header.tensors)
}
