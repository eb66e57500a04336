//! Where OUT may be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

/// A directory that may be written.
#[derive(Debug)]
pub struct Destination {
    /// OUT without symbolic links.
    pub path: PathBuf,
}

impl Destination {
    /// Refuses every OUT in which something could be lost or taken for something else.
    pub fn check(out: &Path, source: &Path, outputs: &[PathBuf], force: bool) -> Result<Self> {
        let path = resolve(out).with_context(|| format!("cannot use {} as OUT", out.display()))?;
        let (shown, source_shown) = (out.display(), source.display());
        ensure!(path != source, "OUT and SRC are the same: {source_shown}");
        ensure!(!path.starts_with(source), "OUT {shown} is inside SRC {source_shown}");
        ensure!(!source.starts_with(&path), "SRC {source_shown} is inside OUT {shown}");
        let exists = fs::symlink_metadata(&path).is_ok();
        if exists {
            ensure!(path.is_dir(), "OUT {shown} exists and is not a directory");
            ensure!(force, "OUT {shown} exists (--force replaces the files in it)");
            refuse_leftovers(&path, outputs)?;
        }
        Ok(Self { path })
    }
}

/// Weight files that would stay beside the new ones: loaders could take them for the model's. And
/// directories where files have to go.
fn refuse_leftovers(out: &Path, outputs: &[PathBuf]) -> Result<()> {
    let is_replaced = |name: &Path| outputs.iter().any(|output| output == name);
    let entries = fs::read_dir(out).with_context(|| format!("cannot read {}", out.display()))?;
    for entry in entries {
        let name = PathBuf::from(entry?.file_name());
        let text = name.to_string_lossy();
        let is_weights = text.ends_with(".safetensors") || text.contains(".safetensors.index.");
        ensure!(
            !is_weights || is_replaced(&name),
            "{} holds {text}, which this run would not replace: remove it first",
            out.display()
        );
    }
    for output in outputs {
        let path = out.join(output);
        ensure!(!path.is_dir(), "{} is a directory where a file has to go", path.display());
        // A link would lead out of OUT.
        let below = output.ancestors().skip(1).filter(|below| *below != Path::new(""));
        if let Some(link) = below.map(|below| out.join(below)).find(|path| path.is_symlink()) {
            bail!("{} is a symbolic link, and {} would go into it", link.display(), path.display());
        }
    }
    Ok(())
}

/// The path without symbolic links, of which the last parts may not exist yet.
fn resolve(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut missing = Vec::new();
    for existing in path.ancestors() {
        match existing.canonicalize() {
            Ok(real) => return Ok(missing.iter().rev().fold(real, |path, name| path.join(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = existing.file_name();
                let name = name.with_context(|| format!("{} has no name", existing.display()))?;
                missing.push(name);
            }
            Err(error) => return Err(error.into()),
        }
    }
    bail!("no part of it exists")
}
