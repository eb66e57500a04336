//! What there is to quantize: a model directory, or one safetensors file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::format::config::Config;
use crate::format::header::Header;
use crate::format::index::Index;
use crate::source::files::{CONFIG, Files, LeftOut};
use crate::source::weights::{SINGLE, Weights};

#[derive(Debug)]
pub struct Checkpoint {
    /// SRC without symbolic links.
    pub source: PathBuf,
    /// The directory that holds the files.
    pub directory: PathBuf,
    pub shards: Vec<Shard>,
    pub config: Config,
    /// Whether there is a config.json; what is given as a file is taken without it.
    pub has_config: bool,
    /// The index that the quantized files need.
    pub index: Option<Index>,
    /// Other files, relative to the directory.
    pub others: Vec<PathBuf>,
    pub left_out: Vec<LeftOut>,
    pub warnings: Vec<String>,
}

/// One safetensors file.
#[derive(Debug)]
pub struct Shard {
    pub name: String,
    pub path: PathBuf,
    pub header: Header,
}

impl Checkpoint {
    /// Reads SRC's headers, config and index.
    pub fn open(source: &Path) -> Result<Self> {
        let checkpoint = Self::open_any(source)?;
        ensure!(
            checkpoint.has_config || !checkpoint.source.is_dir(),
            "{} has no {CONFIG}, so it is not a model directory; to quantize one safetensors file \
             give the file itself",
            checkpoint.source.display()
        );
        Ok(checkpoint)
    }

    /// The same of any directory that has safetensors files, be it a model's or not: enough to look
    /// at the tensors.
    pub fn open_any(source: &Path) -> Result<Self> {
        let given = source.display();
        let real = source.canonicalize().with_context(|| format!("cannot read {given}"))?;
        if real.is_dir() { Self::open_directory(real) } else { Self::open_file(source, real) }
    }

    /// A file by the name given: a cache of models keeps its files as links to other names.
    fn open_file(given: &Path, source: PathBuf) -> Result<Self> {
        let name = given.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ensure!(
            name.ends_with(".safetensors") && source.is_file(),
            "{} is neither a directory nor a safetensors file",
            given.display()
        );
        let shard = Shard { name, header: Header::read(&source)?, path: source.clone() };
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

    fn open_directory(source: PathBuf) -> Result<Self> {
        let mut files = Files::of(&source)?;
        let mut warnings = Vec::new();
        let Weights { names, index } = Weights::choose(&source, &mut files, &mut warnings)?;
        let config =
            if files.has_config { Config::read(&source.join(CONFIG))? } else { Config::default() };
        let mut shards = Vec::new();
        for name in names {
            let path = source.join(&name);
            let header = Header::read(&path)?;
            shards.push(Shard { name, path, header });
        }
        check_names(&shards, index.as_ref(), &mut warnings)?;
        // Without an index loaders find nothing but the one name.
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

/// No tensor is in two files, and each is where the index says.
fn check_names(shards: &[Shard], index: Option<&Index>, warnings: &mut Vec<String>) -> Result<()> {
    let mut file_of = HashMap::new();
    for shard in shards {
        for tensor in &shard.header.tensors {
            if let Some(first) = file_of.insert(tensor.name.as_str(), shard.name.as_str()) {
                bail!("tensor {} is both in {first} and in {}", tensor.name, shard.name);
            }
        }
    }
    let Some(index) = index else { return Ok(()) };
    for (tensor, file) in &index.weight_map {
        ensure!(
            file_of.remove(tensor.as_str()) == Some(file),
            "the index says that tensor {tensor} is in {file}, and it is not"
        );
    }
    for (tensor, file) in file_of {
        warnings.push(format!("tensor {tensor} of {file} is not in the index"));
    }
    warnings.sort();
    Ok(())
}
