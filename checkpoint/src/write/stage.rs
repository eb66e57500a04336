//! Writes OUT aside and then puts it in place.
//!
//! Each file is written under a temporary name in its directory, flushed to disk and renamed, so
//! that it appears whole or not at all. Nothing is renamed until all files are written. If a run
//! fails, the files that it has made are removed, and so is the directory if it was not there
//! before. The files that it replaced are put back.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::destination::Destination;
use super::digest::sha256;
use crate::control::{Control, Event};
use crate::error::{Error, IoContext as _, Result};
use crate::format::names::{CONFIG, TEMPORARY};
use crate::format::write_all_at;
use crate::report::WrittenFile;

/// Bytes copied at a time.
const PIECE: usize = 1 << 18;

#[derive(Debug)]
pub(crate) struct Stage {
    root: PathBuf,
    /// Directories that were not there before, parents first.
    made: Vec<PathBuf>,
    files: Vec<(PathBuf, TempPath)>,
    placed: Vec<PathBuf>,
    /// What was in the way of files, and where it is kept until all are in place.
    replaced: Vec<(PathBuf, PathBuf)>,
    /// Keeps other runs out for as long as the lock is there.
    _lock: Option<File>,
}

/// A file of OUT that is being written.
#[derive(Debug)]
pub(crate) struct Draft {
    name: PathBuf,
    file: NamedTempFile,
}

impl Stage {
    pub(crate) fn new(destination: &Destination) -> Result<Self> {
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
            match fs::create_dir(path) {
                // Another run made it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
                    if path == self.root {
                        return Err(Error::Busy { out: self.root.clone() });
                    }
                }
                result => {
                    result.cannot("make", path)?;
                    self.made.push(path.to_path_buf());
                }
            }
        }
        Ok(())
    }

    /// A new file, under a temporary name.
    pub(crate) fn draft(&mut self, name: &Path) -> Result<Draft> {
        let path = self.root.join(name);
        let directory = path.parent().unwrap_or(&path);
        self.make_directory(directory)?;
        Ok(Draft { name: name.to_path_buf(), file: temporary_file(directory)? })
    }

    /// Flushes a file that has been written, and reads it back.
    pub(crate) fn add(&mut self, control: &Control<'_>, draft: Draft) -> Result<WrittenFile> {
        let Draft { name, file } = draft;
        // A flush cannot be interrupted.
        control.check()?;
        control.tell(Event::Flushing(&name));
        control.check()?;
        let (synced, digest) =
            rayon::join(|| file.as_file().sync_all(), || sha256(control, file.as_file()));
        let path = self.root.join(&name);
        let digest = digest?.cannot("read", &path)?;
        synced.cannot("write", &path)?;
        let (sha256, bytes) = digest;
        let written = WrittenFile { name: name.display().to_string(), bytes, sha256: Some(sha256) };
        self.files.push((name, file.into_temp_path()));
        control.tell(Event::Written(&written));
        Ok(written)
    }

    /// Puts all files in place, in the order in which they were added.
    pub(crate) fn commit(mut self) -> Result<()> {
        // While files are being replaced, what is there is no model.
        self.put_aside(self.root.join(CONFIG))?;
        sync_directory(&self.root)?;
        for (name, file) in std::mem::take(&mut self.files) {
            let path = self.root.join(&name);
            self.put_aside(path.clone())?;
            file.persist(&path).map_err(|error| error.error).cannot("write", &path)?;
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
            fs::remove_file(&aside).cannot("remove", &aside)?;
        }
        Ok(())
    }

    /// Renames a file that is in the way, so that it can be put back.
    fn put_aside(&mut self, path: PathBuf) -> Result<()> {
        let aside = path.with_file_name(format!("{TEMPORARY}{}.old", self.replaced.len()));
        match fs::rename(&path, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => {
                result.cannot("replace", &path)?;
                self.replaced.push((path, aside));
            }
        }
        Ok(())
    }
}

/// Locks the directory, where the system can lock one. It is an error if another run has locked it.
fn lock(path: &Path) -> Result<Option<File>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let directory = File::open(path).cannot("read", path)?;
    match directory.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy { out: path.to_path_buf() }),
        Err(TryLockError::Error(_)) => Ok(None),
        Ok(()) => Ok(Some(directory)),
    }
}

/// A file that is removed when it is dropped, unless it is given a name.
fn temporary_file(directory: &Path) -> Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY).suffix(".tmp");
    // These are the permissions that any new file gets. Otherwise temporary files are private.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory).cannot("write to", directory)
}

/// Flushes a directory, because a rename is on disk only when its directory is. Not every system
/// can flush a directory.
fn sync_directory(path: &Path) -> Result<()> {
    use io::ErrorKind::{InvalidInput, Unsupported};
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(path).and_then(|directory| directory.sync_all()) {
        Err(error) if !matches!(error.kind(), InvalidInput | Unsupported) => {
            Err(error).cannot("flush", path)
        }
        _ => Ok(()),
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // If any of this fails, there is nobody left to tell.
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
    /// Writes bytes to a place of the file.
    pub(crate) fn write_at(&self, control: &Control<'_>, bytes: &[u8], place: u64) -> Result<()> {
        write_all_at(control, self.file.as_file(), bytes, place)?.cannot("write", &self.name)
    }

    /// Writes a text, which is all of the file.
    pub(crate) fn write_text(&self, control: &Control<'_>, text: &str) -> Result<()> {
        self.write_at(control, text.as_bytes(), 0)
    }

    /// Copies a file's content, in pieces between which the operation can be cancelled.
    pub(crate) fn copy(&self, control: &Control<'_>, source: &Path) -> Result<()> {
        let mut from = File::open(source).cannot("read", source)?;
        let mut buffer = vec![0; PIECE];
        loop {
            control.check()?;
            match from.read(&mut buffer).cannot("read", source)? {
                0 => return Ok(()),
                n => {
                    self.file.as_file().write_all(&buffer[..n]).cannot("write", &self.name)?;
                    control.advance(n as u64);
                }
            }
        }
    }
}
