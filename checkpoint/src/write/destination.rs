//! Decides where OUT may be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, IoContext as _, Result};
use crate::format::names::{ADAPTER_FILES, QUANTIZATION_FILES};

/// A directory that may be written.
#[derive(Debug)]
pub(crate) struct Destination {
    /// OUT without symbolic links.
    pub(crate) path: PathBuf,
}

impl Destination {
    /// Refuses every OUT in which something could be lost or taken for something else.
    pub(crate) fn check(
        out: &Path,
        source: &Path,
        outputs: &[PathBuf],
        replace: bool,
    ) -> Result<Self> {
        let given = out.to_path_buf();
        let path = resolve(out).map_err(|source| Error::UnusableOut { out: given, source })?;
        let (out, source_path) = (out.to_path_buf(), source.to_path_buf());
        if path == source {
            return Err(Error::OutIsSource { path: source_path });
        }
        if path.starts_with(source) {
            return Err(Error::OutInSource { out, path: source_path });
        }
        if source.starts_with(&path) {
            return Err(Error::SourceInOut { out, path: source_path });
        }
        if fs::symlink_metadata(&path).is_ok() {
            if !path.is_dir() {
                return Err(Error::OutIsAFile { out });
            }
            if !replace {
                return Err(Error::OutExists { out });
            }
            refuse_leftovers(&path, outputs)?;
        }
        Ok(Self { path })
    }
}

/// Refuses files that would stay beside the new ones and change what loaders make of the model:
/// weights, an adapter, and what others say of quantization. It also refuses directories where files
/// have to go.
fn refuse_leftovers(out: &Path, outputs: &[PathBuf]) -> Result<()> {
    let is_replaced = |name: &Path| outputs.iter().any(|output| output == name);
    for entry in fs::read_dir(out).cannot("read", out)? {
        let name = PathBuf::from(entry.cannot("read", out)?.file_name());
        let text = name.to_string_lossy();
        let is_weights = text.ends_with(".safetensors") || text.contains(".safetensors.index.");
        let is_of_others =
            ADAPTER_FILES.iter().chain(&QUANTIZATION_FILES).any(|other| *other == text);
        if (is_weights || is_of_others) && !is_replaced(&name) {
            return Err(Error::Leftover { out: out.to_path_buf(), name: text.into_owned() });
        }
    }
    for output in outputs {
        let path = out.join(output);
        if path.is_dir() {
            return Err(Error::DirectoryInTheWay { path });
        }
        // A link would lead out of OUT.
        let below = output.ancestors().skip(1).filter(|below| *below != Path::new(""));
        if let Some(link) = below.map(|below| out.join(below)).find(|path| path.is_symlink()) {
            return Err(Error::LinkInTheWay { link, path });
        }
    }
    Ok(())
}

/// The path without symbolic links, of which the last parts may not exist yet.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut missing = Vec::new();
    for existing in path.ancestors() {
        match existing.canonicalize() {
            Ok(real) => return Ok(missing.iter().rev().fold(real, |path, name| path.join(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let unnamed = || io::Error::other(format!("{} has no name", existing.display()));
                missing.push(existing.file_name().ok_or_else(unnamed)?);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no part of it exists"))
}
