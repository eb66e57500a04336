//! Sorts the files of a model directory by what is to become of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::control::Control;
use crate::error::{IoContext as _, Result};
use crate::format::names::{CONFIG, TEMPORARY};
use crate::report::LeftOut;

/// Other programs' copies of the same weights, in full precision.
static OTHER_WEIGHTS: LazyLock<Regex> = LazyLock::new(|| {
    let names = r"^(pytorch_model.*\.bin|tf_model.*\.h5|flax_model.*\.msgpack)(\.index\.json)?$
        |^(consolidated.*\.pth|model\.ckpt.*|rust_model\.ot|openvino_model.*\.(bin|xml))$
        |\.(gguf|onnx|onnx_data|tflite)$";
    Regex::new(&format!("(?x){names}")).expect("the pattern is valid")
});

/// What a training leaves to go on from: it belongs to the float weights, and is often larger.
static TRAINING_FILES: LazyLock<Regex> = LazyLock::new(|| {
    let names = r"^(optimizer.*\.(pt|pth|bin|safetensors)|(scheduler|scaler)\.(pt|bin)|latest
        |rng_state.*\.pth|random_states_\d+\.pkl|training_args\.bin|trainer_state\.json
        |zero_to_fp32\.py)$";
    Regex::new(&format!("(?x){names}")).expect("the pattern is valid")
});

/// Directories of the same.
static TRAINING_DIRECTORIES: LazyLock<Regex> = LazyLock::new(|| {
    let names = r"^(checkpoint-\d+|global_step\d+|(optimizer|pytorch_model_fsdp)_\d+)$";
    Regex::new(names).expect("the pattern is valid")
});

pub(super) const TRAINING_STATE: &str = "training state";

/// What belongs to tools rather than to the model.
const TOOL_DIRECTORIES: [&str; 3] = [".git", ".cache", "__pycache__"];

/// A directory's files; paths are relative to it and sorted.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Safetensors files of the directory itself. Those in subdirectories belong to other modules
    /// and are copied.
    pub(crate) weights: Vec<String>,
    /// Indices of such files.
    pub(crate) indices: Vec<String>,
    /// All other files, except the config.
    pub(crate) others: Vec<PathBuf>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) has_config: bool,
}

impl Files {
    pub(crate) fn of(control: &Control<'_>, directory: &Path) -> Result<Self> {
        let mut files = Self::default();
        files.walk(control, directory, Path::new(""))?;
        files.weights.sort();
        files.indices.sort();
        files.others.sort();
        Ok(files)
    }

    fn walk(&mut self, control: &Control<'_>, root: &Path, below: &Path) -> Result<()> {
        let directory = root.join(below);
        for entry in fs::read_dir(&directory).cannot("read", &directory)? {
            control.check()?;
            let entry = entry.cannot("read", &directory)?;
            let name = below.join(entry.file_name());
            // Links are followed, because a cache of models keeps its files as links.
            let kind = fs::metadata(entry.path()).cannot("read", &entry.path())?;
            if kind.is_dir() {
                if TOOL_DIRECTORIES.iter().any(|tool| entry.file_name() == *tool) {
                    self.leave_out(name, "not part of the model");
                } else if TRAINING_DIRECTORIES.is_match(&entry.file_name().to_string_lossy()) {
                    self.leave_out(name, TRAINING_STATE);
                } else if entry.file_type().is_ok_and(|own| own.is_symlink()) {
                    self.leave_out(name, "a symbolic link to a directory");
                } else {
                    self.walk(control, root, &name)?;
                }
            } else if kind.is_file() {
                self.sort_in(name, below == Path::new(""));
            } else {
                self.leave_out(name, "not a regular file");
            }
        }
        Ok(())
    }

    fn sort_in(&mut self, path: PathBuf, at_the_top: bool) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if name.starts_with(TEMPORARY) {
            self.leave_out(path, "a temporary file of a run that was killed");
        } else if TRAINING_FILES.is_match(&name) {
            self.leave_out(path, TRAINING_STATE);
        } else if at_the_top && name.ends_with(".safetensors") {
            self.weights.push(name);
        } else if at_the_top && name.contains(".safetensors.index.") && name.ends_with(".json") {
            self.indices.push(name);
        } else if at_the_top && name == CONFIG {
            self.has_config = true;
        } else if OTHER_WEIGHTS.is_match(&name) {
            self.leave_out(path, "another copy of the weights");
        } else {
            self.others.push(path);
        }
    }

    pub(crate) fn leave_out(&mut self, name: impl AsRef<Path>, reason: &str) {
        let name = name.as_ref().display().to_string();
        self.left_out.push(LeftOut { name, reason: reason.to_owned() });
    }
}
