//! Finds files whose content is not there: a clone without Git LFS has small texts in their place.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::files::Files;
use crate::control::Control;
use crate::error::{Error, IoContext as _, Result};
use crate::format::names::CONFIG;

/// How every pointer begins.
const BEGINNING: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A pointer is shorter than this.
const LIMIT: u64 = 1024;

/// Refuses a directory in which a file that would be read or copied is a pointer.
pub(super) fn refuse_pointers(
    control: &Control<'_>,
    directory: &Path,
    files: &Files,
) -> Result<()> {
    let config = files.has_config.then_some(Path::new(CONFIG));
    let names = files.weights.iter().chain(&files.indices).map(Path::new);
    let mut pointers = Vec::new();
    for name in names.chain(config).chain(files.others.iter().map(|name| name.as_path())) {
        control.check()?;
        if is_pointer(&directory.join(name))? {
            pointers.push(name.display().to_string());
        }
    }
    if pointers.is_empty() { Ok(()) } else { Err(Error::LfsPointers { files: pointers }) }
}

/// Refuses a file that is a pointer.
pub(super) fn refuse_pointer(given: &Path) -> Result<()> {
    if is_pointer(given)? {
        return Err(Error::LfsPointers { files: vec![given.display().to_string()] });
    }
    Ok(())
}

fn is_pointer(path: &Path) -> Result<bool> {
    let read = || {
        let file = File::open(path)?;
        let mut beginning = Vec::new();
        if file.metadata()?.len() < LIMIT {
            file.take(BEGINNING.len() as u64).read_to_end(&mut beginning)?;
        }
        Ok(beginning == BEGINNING)
    };
    read().cannot("read", path)
}
