//! The source of an operation: a model directory, or one safetensors file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{Files, TRAINING_STATE};
use super::pointers::{refuse_pointer, refuse_pointers};
use super::weights::Weights;
use crate::control::Control;
use crate::error::{Error, IoContext as _, Result};
use crate::format::names::{CONFIG, QUANTIZATION_FILES, SINGLE};
use crate::format::{Config, Header, Index, Tensor};
use crate::report::{LeftOut, Warning};

#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// SRC without symbolic links.
    pub(crate) source: PathBuf,
    /// The directory that holds the files.
    pub(crate) directory: PathBuf,
    pub(crate) shards: Vec<Shard>,
    pub(crate) config: Config,
    /// Whether there is a config.json. A source that is a file is taken without one.
    pub(crate) has_config: bool,
    /// The index that the quantized files need.
    pub(crate) index: Option<Index>,
    /// Other files, relative to the directory.
    pub(crate) others: Vec<PathBuf>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) warnings: Vec<Warning>,
}

/// One safetensors file.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
}

impl Checkpoint {
    /// All that there is to know where the files are copied.
    pub(crate) fn warnings_of_copy(&self) -> Vec<Warning> {
        let state = self.left_out.iter().filter(|file| file.reason == TRAINING_STATE);
        let files: Vec<String> = state.map(|file| file.name.clone()).collect();
        let state = (!files.is_empty()).then_some(Warning::TrainingState { files });
        self.warnings.iter().cloned().chain(state).collect()
    }

    /// Reads the headers, the config and the index of a model directory or of one file.
    pub(crate) fn open(control: &Control<'_>, source: &Path) -> Result<Self> {
        let checkpoint = Self::open_any(control, source)?;
        if checkpoint.has_config || !checkpoint.source.is_dir() {
            return Ok(checkpoint);
        }
        Err(Error::NoConfig { path: checkpoint.source })
    }

    /// Reads the headers, the config and the index of any directory that has safetensors files,
    /// whether it is a model or not. That is enough to look at the tensors.
    pub(crate) fn open_any(control: &Control<'_>, source: &Path) -> Result<Self> {
        let real = source.canonicalize().cannot("read", source)?;
        if real.is_dir() {
            Self::open_directory(control, real)
        } else {
            Self::open_file(control, source, real)
        }
    }

    /// All tensors, in the order of the files and of their data.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.shards.iter().flat_map(|shard| &shard.header.tensors)
    }

    /// Removes what says that the model is quantized, beside its tensors.
    pub(crate) fn forget_quantization(&mut self) {
        self.config = std::mem::take(&mut self.config).dequantized();
        let is_about =
            |name: &PathBuf| QUANTIZATION_FILES.iter().any(|file| name == Path::new(file));
        self.others.retain(|name| !is_about(name));
    }

    /// The name of the file that a tensor is in.
    pub(super) fn file_of(&self, tensor: &str) -> &str {
        let has = |shard: &&Shard| shard.header.tensors.iter().any(|found| found.name == tensor);
        self.shards.iter().find(has).map_or("", |shard| &shard.name)
    }

    /// Whether there is a file of this name that is neither the config nor holds weights.
    pub(super) fn has_other(&self, name: &str) -> bool {
        self.others.iter().any(|other| other == Path::new(name))
    }

    /// Opens a file by the name that was given, because a cache of models keeps its files as links
    /// to other names.
    fn open_file(control: &Control<'_>, given: &Path, source: PathBuf) -> Result<Self> {
        let name = given.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".safetensors") || !source.is_file() {
            return Err(Error::NotACheckpoint { path: given.to_path_buf() });
        }
        refuse_pointer(given)?;
        let shard = Shard { name, header: Header::read(control, &source)?, path: source.clone() };
        Ok(Self {
            directory: source.parent().unwrap_or(Path::new("")).to_path_buf(),
            source,
            shards: vec![shard],
            config: Config::default(),
            has_config: false,
            index: None,
            others: Vec::new(),
            left_out: Vec::new(),
            warnings: Vec::new(),
        })
    }

    fn open_directory(control: &Control<'_>, source: PathBuf) -> Result<Self> {
        let mut files = Files::of(control, &source)?;
        refuse_pointers(control, &source, &files)?;
        let mut warnings = Vec::new();
        let Weights { names, index } =
            Weights::choose(control, &source, &mut files, &mut warnings)?;
        let config = if files.has_config {
            Config::read(control, &source.join(CONFIG))?
        } else {
            Config::default()
        };
        let mut shards = Vec::new();
        for name in names {
            let path = source.join(&name);
            let header = Header::read(control, &path)?;
            shards.push(Shard { name, path, header });
        }
        check_names(control, &shards, index.as_ref(), &mut warnings)?;
        // Without an index, loaders find only the one name.
        let index = if shards.len() == 1 && shards[0].name == SINGLE {
            index
        } else {
            index.or_else(|| Some(Index::default()))
        };
        let Files { others, mut left_out, has_config, .. } = files;
        left_out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            directory: source.clone(),
            source,
            shards,
            config,
            has_config,
            index,
            others,
            left_out,
            warnings,
        })
    }
}

/// Checks that no tensor is in two files, and that each tensor is where the index says.
fn check_names(
    control: &Control<'_>,
    shards: &[Shard],
    index: Option<&Index>,
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    let mut file_of = BTreeMap::new();
    for shard in shards {
        for Tensor { name: tensor, .. } in &shard.header.tensors {
            control.check()?;
            if let Some(first) = file_of.insert(tensor.as_str(), shard.name.as_str()) {
                return Err(Error::DuplicateTensor {
                    tensor: tensor.clone(),
                    first: first.to_owned(),
                    second: shard.name.clone(),
                });
            }
        }
    }
    let Some(index) = index else { return Ok(()) };
    for (tensor, file) in &index.weight_map {
        control.check()?;
        if file_of.remove(tensor.as_str()) != Some(file) {
            let (tensor, file) = (tensor.clone(), file.clone());
            return Err(Error::NotWhereIndexed { tensor, file });
        }
    }
    warnings.extend(file_of.into_iter().map(|(tensor, file)| Warning::NotInIndex {
        tensor: tensor.to_owned(),
        file: file.to_owned(),
    }));
    Ok(())
}
