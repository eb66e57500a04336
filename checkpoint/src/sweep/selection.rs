//! Selects the weights that are tried, which are those that `quantize` would quantize.

use super::options::SweepOptions;
use crate::architecture::{Architecture, linear_like};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::plan::Rules;
use crate::read::Place;
use crate::report::{Reason, Warning};
use crate::scheme::ModulePattern;
use crate::source::Checkpoint;

#[derive(Debug)]
pub(super) struct Selected<'a> {
    /// The name of its file.
    pub(super) file: &'a str,
    pub(super) place: Place,
    pub(super) shape: [usize; 2],
}

/// Selects weights in the order of the files and of their data.
pub(super) fn select<'a>(
    control: &Control<'_>,
    checkpoint: &'a Checkpoint,
    options: &SweepOptions,
) -> Result<Vec<Selected<'a>>> {
    let weights: Vec<_> = checkpoint.tensors().filter_map(linear_like).collect();
    let architecture = Architecture::of(&checkpoint.config, &weights);
    let rules = Rules { ignore: &options.ignore, architecture: &architecture };
    if let Some(name) = &options.tensor {
        check_name(control, checkpoint, &rules, name)?;
    }
    let mut selected = Vec::new();
    for (i, shard) in checkpoint.shards.iter().enumerate() {
        for tensor in &shard.header.tensors {
            control.check()?;
            let is_wanted = options.tensor.as_ref().is_none_or(|name| *name == tensor.name);
            if is_wanted && let Ok(shape) = rules.quantizes(tensor) {
                let place = Place::of(i, shard, tensor);
                selected.push(Selected { file: &shard.name, place, shape });
            }
        }
    }
    if selected.is_empty() {
        let (path, tensors) = (checkpoint.source.clone(), checkpoint.tensors().count());
        let kept = checkpoint.tensors().filter_map(|tensor| rules.quantizes(tensor).err());
        let class = checkpoint.config.architectures().into_iter().next();
        let kept = Reason::counted(kept);
        return Err(Error::NothingToQuantize { path, class, tensors, kept });
    }
    Ok(selected)
}

/// Why a tensor cannot be tried alone.
fn check_name(
    control: &Control<'_>,
    checkpoint: &Checkpoint,
    rules: &Rules<'_>,
    name: &str,
) -> Result<()> {
    let tensor = name.to_owned();
    let Some(found) = checkpoint.tensors().find(|tensor| tensor.name == name) else {
        let similar = similar(control, checkpoint, rules, name)?;
        return Err(Error::NoSuchTensor { path: checkpoint.source.clone(), tensor, similar });
    };
    rules.quantizes(found).map_err(|reason| Error::KeptTensor { tensor, reason })?;
    Ok(())
}

/// The weights whose names are most like one that is not there.
fn similar(
    control: &Control<'_>,
    checkpoint: &Checkpoint,
    rules: &Rules<'_>,
    name: &str,
) -> Result<Vec<String>> {
    const MOST: usize = 3;
    let mut names = Vec::new();
    for tensor in checkpoint.tensors().filter(|tensor| rules.quantizes(tensor).is_ok()) {
        control.check()?;
        // A part of a name is like the whole name, however much longer that is.
        let likeness = strsim::normalized_damerau_levenshtein(name, &tensor.name);
        let likeness = if tensor.name.contains(name) { 1.0 + likeness } else { likeness };
        if likeness > 0.5 {
            names.push((likeness, &tensor.name));
        }
    }
    names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    Ok(names.into_iter().take(MOST).map(|(_, name)| name.clone()).collect())
}

/// Warns of patterns that ignore nothing.
pub(super) fn unused(
    control: &Control<'_>,
    checkpoint: &Checkpoint,
    options: &SweepOptions,
) -> Result<Vec<Warning>> {
    let mut unused = Vec::new();
    let matches = |pattern: &ModulePattern| {
        checkpoint.tensors().filter_map(linear_like).any(|module| pattern.matches(module))
    };
    for pattern in &options.ignore {
        control.check()?;
        if !matches(pattern) {
            unused.push(Warning::UnusedIgnore { pattern: pattern.to_string() });
        }
    }
    Ok(unused)
}
