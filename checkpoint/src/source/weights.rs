//! Chooses which of a directory's safetensors files are the model.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::files::Files;
use crate::control::Control;
use crate::error::{Error, Result, listed};
use crate::format::Index;
use crate::format::names::{INDEX, SINGLE};
use crate::report::Warning;

/// The weight files that loaders would read: `model.safetensors`, else the files of the index, else
/// all.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) names: Vec<String>,
    pub(crate) index: Option<Index>,
}

impl Weights {
    /// Takes the weight files and indices out of `files`; those not chosen are left out.
    pub(crate) fn choose(
        control: &Control<'_>,
        source: &Path,
        files: &mut Files,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self> {
        let names = std::mem::take(&mut files.weights);
        let mut indices = std::mem::take(&mut files.indices);
        if names.iter().any(|name| name == SINGLE) {
            for name in indices.into_iter().chain(names).filter(|name| name != SINGLE) {
                files.leave_out(&name, "loaders prefer model.safetensors");
                warnings.push(Warning::LeftOut { file: name, preferred: SINGLE.to_owned() });
            }
            return Ok(Self { names: vec![SINGLE.to_owned()], index: None });
        }
        let main = indices.iter().position(|name| name == INDEX);
        if let Some(main) = main.or((indices.len() == 1).then_some(0)) {
            let index = Index::read(control, source, indices.swap_remove(main))?;
            let wanted = named_files(&index, &names)?;
            for name in names.iter().chain(&indices).filter(|name| !wanted.contains(*name)) {
                files.leave_out(name, "not in the index");
            }
            return Ok(Self { names: wanted.into_iter().collect(), index: Some(index) });
        }
        let path = source.to_path_buf();
        if !indices.is_empty() {
            return Err(Error::SeveralIndices { path, indices });
        }
        if names.is_empty() {
            return Err(Error::NoWeights { path, found: found_instead(source) });
        }
        Ok(Self { names, index: None })
    }
}

/// The files that an index names, all of which are there.
fn named_files(index: &Index, present: &[String]) -> Result<BTreeSet<String>> {
    let named: BTreeSet<String> = index.weight_map.values().cloned().collect();
    let wrong = |problem| Err(Error::Index { index: index.name.clone(), problem });
    for file in &named {
        // The name becomes part of paths that are read and written.
        if file.contains(['/', '\\']) || !file.ends_with(".safetensors") {
            return wrong(format!("names {file:?}, which is not the name of a safetensors file"));
        }
        if !present.contains(file) {
            return wrong(format!("names {file}, which is missing"));
        }
    }
    if named.is_empty() { wrong("names no file".to_owned()) } else { Ok(named) }
}

/// What a directory without weights holds, for the error message.
fn found_instead(directory: &Path) -> String {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    if names.is_empty() { "it is empty".to_owned() } else { format!("found {}", listed(&names)) }
}
