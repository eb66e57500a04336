//! OUT, written aside and then put in place.
//!
//! Each file is written under a temporary name in its directory, flushed to disk and renamed, so that it
//! appears whole or not at all. Until all are written, nothing is renamed. What a run that fails has
//! made is removed, the directory too if it was not there before, and what it replaced is put back.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use tempfile::{NamedTempFile, TempPath};

use crate::interrupt;
use crate::source::files::{CONFIG, TEMPORARY};
use crate::write::destination::Destination;
use crate::write::digest::sha256;

/// Bytes copied at a time.
const PIECE: usize = 1 << 18;

#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    /// Directories that were not there before, parents first.
    made: Vec<PathBuf>,
    files: Vec<(PathBuf, TempPath)>,
    placed: Vec<PathBuf>,
    /// What was in the way of files, and where it is kept until all are in place.
    replaced: Vec<(PathBuf, PathBuf)>,
    /// Keeps other runs out for as long as it is there.
    _lock: Option<File>,
}

/// A file of OUT that is being written.
#[derive(Debug)]
pub struct Draft {
    name: PathBuf,
    file: NamedTempFile,
}

/// A file of OUT as it was written.
#[derive(Clone, Debug, Serialize)]
pub struct Written {
    pub name: String,
    pub bytes: u64,
    pub sha256: Option<String>,
}

impl Stage {
    pub fn new(destination: &Destination) -> Result<Self> {
        let Destination { path } = destination;
        let mut stage = Self {
            root: path.clone(),
            made: Vec::new(),
            files: Vec::new(),
            placed: Vec::new(),
            replaced: Vec::new(),
            _lock: None,
        };
        stage.make_directory(path)?;
        stage._lock = lock(path)?;
        Ok(stage)
    }

    fn make_directory(&mut self, path: &Path) -> Result<()> {
        let missing: Vec<_> = path.ancestors().take_while(|path| !path.exists()).collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(path).with_context(|| format!("cannot make {}", path.display()))?;
            self.made.push(path.to_path_buf());
        }
        Ok(())
    }

    /// A new file, under a temporary name.
    pub fn draft(&mut self, name: &Path) -> Result<Draft> {
        let path = self.root.join(name);
        let directory = path.parent().unwrap_or(&path);
        self.make_directory(directory)?;
        Ok(Draft { name: name.to_path_buf(), file: temporary_file(directory)? })
    }

    /// Flushes a file that has been written.
    pub fn add(&mut self, draft: Draft) -> Result<Written> {
        let Draft { name, file } = draft;
        let (synced, digest) = rayon::join(|| file.as_file().sync_all(), || sha256(file.as_file()));
        synced?;
        let (sha256, bytes) = digest?;
        let written = Written { name: name.display().to_string(), bytes, sha256: Some(sha256) };
        self.files.push((name, file.into_temp_path()));
        Ok(written)
    }

    /// Puts all files in place, in the order in which they were added.
    pub fn commit(mut self) -> Result<()> {
        // While files are being replaced, what is there is no model.
        self.put_aside(self.root.join(CONFIG))?;
        sync_directory(&self.root)?;
        for (name, file) in std::mem::take(&mut self.files) {
            let path = self.root.join(&name);
            self.put_aside(path.clone())?;
            file.persist(&path).with_context(|| format!("cannot write {}", path.display()))?;
            self.placed.push(path);
        }
        let mut directories: Vec<_> = self.placed.iter().filter_map(|path| path.parent()).collect();
        directories.extend(self.made.iter().filter_map(|path| path.parent()));
        directories.sort();
        directories.dedup();
        directories.into_iter().try_for_each(sync_directory)?;
        self.made.clear();
        self.placed.clear();
        for (_, aside) in std::mem::take(&mut self.replaced) {
            fs::remove_file(&aside)
                .with_context(|| format!("cannot remove {}", aside.display()))?;
        }
        Ok(())
    }

    /// Renames a file that is in the way, so that it can be put back.
    fn put_aside(&mut self, path: PathBuf) -> Result<()> {
        let aside = path.with_file_name(format!("{TEMPORARY}{}.old", self.replaced.len()));
        match fs::rename(&path, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => {
                result.with_context(|| format!("cannot replace {}", path.display()))?;
                self.replaced.push((path, aside));
            }
        }
        Ok(())
    }
}

/// The directory, locked, where the system can lock one. An error if another run has it.
fn lock(path: &Path) -> Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let directory = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    match directory.try_lock() {
        Err(TryLockError::WouldBlock) => bail!("another run is writing to {}", path.display()),
        Err(TryLockError::Error(_)) => Ok(None),
        Ok(()) => Ok(Some(directory)),
    }
}

/// A file that is gone when it is dropped, unless it is given a name.
pub fn temporary_file(directory: &Path) -> Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY).suffix(".tmp");
    // What any new file gets; temporary files are private otherwise.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(directory)
        .with_context(|| format!("cannot write to {}", directory.display()))
}

/// A rename is on disk when its directory is. Not every system can flush a directory.
pub fn sync_directory(path: &Path) -> Result<()> {
    use io::ErrorKind::{InvalidInput, Unsupported};
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(path).and_then(|directory| directory.sync_all()) {
        Err(error) if !matches!(error.kind(), InvalidInput | Unsupported) => {
            Err(error).with_context(|| format!("cannot flush {}", path.display()))
        }
        _ => Ok(()),
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Nobody is left to tell if any of this fails.
        self.files.clear();
        for path in &self.placed {
            let _ = fs::remove_file(path);
        }
        for (path, aside) in &self.replaced {
            let _ = fs::rename(aside, path);
        }
        for path in self.made.iter().rev() {
            let _ = fs::remove_dir(path);
        }
    }
}

impl Draft {
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    pub fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.file().write_all(bytes)
    }

    /// Copies a file's content, in pieces between which a run can be interrupted.
    pub fn copy(&self, source: &Path) -> Result<()> {
        let cannot_read = || format!("cannot read {}", source.display());
        let mut from = File::open(source).with_context(cannot_read)?;
        let mut buffer = vec![0; PIECE];
        loop {
            interrupt::check()?;
            match from.read(&mut buffer).with_context(cannot_read)? {
                0 => return Ok(()),
                n => self.write_all(&buffer[..n])?,
            }
        }
    }
}
