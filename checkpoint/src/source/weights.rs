//! Which of a directory's safetensors files are the model.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::format::index::{INDEX, Index};
use crate::source::files::Files;

/// The file that loaders prefer to any other.
pub const SINGLE: &str = "model.safetensors";

/// What loaders would read: `model.safetensors`, else the files of the index, else all.
#[derive(Debug)]
pub struct Weights {
    pub names: Vec<String>,
    pub index: Option<Index>,
}

impl Weights {
    /// Takes the weight files and indices out of `files`; those not chosen are left out.
    pub fn choose(source: &Path, files: &mut Files, warnings: &mut Vec<String>) -> Result<Self> {
        let names = std::mem::take(&mut files.weights);
        let mut indices = std::mem::take(&mut files.indices);
        if names.iter().any(|name| name == SINGLE) {
            for name in indices.into_iter().chain(names).filter(|name| name != SINGLE) {
                warnings.push(format!("{name} is left out: loaders prefer {SINGLE}"));
                files.leave_out(name, "loaders prefer model.safetensors");
            }
            return Ok(Self { names: vec![SINGLE.to_owned()], index: None });
        }
        let main = indices.iter().position(|name| name == INDEX);
        if let Some(main) = main.or((indices.len() == 1).then_some(0)) {
            let index = Index::read(source, indices.swap_remove(main))?;
            let wanted = named_files(&index, &names)?;
            for name in names.iter().chain(&indices).filter(|name| !wanted.contains(*name)) {
                files.leave_out(name, "not in the index");
            }
            return Ok(Self { names: wanted.into_iter().collect(), index: Some(index) });
        }
        let shown = source.display();
        if !indices.is_empty() {
            bail!("{shown} has several indices and none is {INDEX}: {}", indices.join(", "));
        }
        if names.is_empty() {
            bail!("{shown} holds no safetensors file: {}", found_instead(source));
        }
        Ok(Self { names, index: None })
    }
}

/// The files that an index names, all of which are there.
fn named_files(index: &Index, present: &[String]) -> Result<BTreeSet<String>> {
    let named: BTreeSet<String> = index.weight_map.values().cloned().collect();
    for file in &named {
        // It becomes part of paths that are read and written.
        let is_plain = !file.contains(['/', '\\']) && file.ends_with(".safetensors");
        let index = &index.name;
        ensure!(is_plain, "{index} names {file:?}, which is not the name of a safetensors file");
        ensure!(present.contains(file), "{index} names {file}, which is missing");
    }
    ensure!(!named.is_empty(), "{} names no file", index.name);
    Ok(named)
}

/// What a directory without weights holds, for the error message.
fn found_instead(directory: &Path) -> String {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    match names.len() {
        0 => "it is empty".to_owned(),
        1..=8 => format!("found {}", names.join(", ")),
        n => format!("found {} and {} more files", names[..8].join(", "), n - 8),
    }
}
