//! `--plot`: the files of pictures, which appear under their names only when they are whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use tempfile::{Builder, NamedTempFile};

use super::canvas::Picture;
use super::format::Format;

/// A path whose ending says what to write.
#[derive(Clone, Debug)]
pub(crate) struct PlotPath {
    path: PathBuf,
    format: Format,
}

impl TryFrom<OsString> for PlotPath {
    type Error = String;

    fn try_from(path: OsString) -> Result<Self, String> {
        let path = PathBuf::from(path);
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        let format = match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("svg") => Format::Svg,
            Some("png") => Format::Png,
            _ => return Err("has to end in .svg or .png".to_owned()),
        };
        Ok(Self { path, format })
    }
}

/// A file that is going to be written. If it cannot be written, that is known before the work
/// begins.
#[derive(Debug)]
pub(crate) struct PlotFile {
    to: PlotPath,
    file: NamedTempFile,
}

impl PlotFile {
    pub(crate) fn create(to: &PlotPath) -> Result<Self> {
        let shown = to.path.display();
        ensure!(!to.path.is_dir(), "cannot write {shown}: it is a directory");
        let mut builder = Builder::new();
        // These are the permissions that any new file gets. Otherwise temporary files are private.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.prefix(".absmax-").suffix(".tmp").tempfile_in(directory(&to.path));
        Ok(Self { to: to.clone(), file: file.with_context(|| format!("cannot write {shown}"))? })
    }

    /// Draws the picture, and gives the file its name. Returns the name.
    pub(crate) fn write(self, picture: &impl Picture) -> Result<String> {
        let Self { to: PlotPath { path, format }, mut file } = self;
        let bytes = format.encode(picture)?;
        let cannot_write = || format!("cannot write {}", path.display());
        file.write_all(&bytes).with_context(cannot_write)?;
        file.as_file().sync_all().with_context(cannot_write)?;
        file.persist(&path).with_context(cannot_write)?;
        // A rename is on disk when its directory is. Not every system can flush a directory.
        let _ = File::open(directory(&path)).and_then(|directory| directory.sync_all());
        Ok(path.display().to_string())
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}
