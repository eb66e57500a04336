//! Models to work on.

use std::fs::{self, File};
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// A source, with room for OUT beside it. All of it is gone when this is.
pub(crate) struct Model(TempDir);

impl Model {
    /// A directory with these tensors in one file. Their data are zeros that take no room on disk,
    /// but for what `values` begin with.
    pub(crate) fn new(tensors: &[(&str, &str, &[u64])], values: &[u8]) -> Self {
        let model = Self(tempfile::tempdir().unwrap());
        fs::create_dir(model.source()).unwrap();
        fs::write(model.source().join("config.json"), r#"{"vocab_size": 32}"#).unwrap();
        let (mut header, mut end) = (Map::new(), 0);
        for (name, dtype, shape) in tensors {
            let begin = end;
            let width = if *dtype == "F32" { 4 } else { 1 };
            end += shape.iter().product::<u64>() * width;
            let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [begin, end] });
            header.insert((*name).to_owned(), entry);
        }
        let header = Value::from(header).to_string();
        let head = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), values].concat();
        let path = model.source().join("model.safetensors");
        fs::write(&path, &head).unwrap();
        let len = 8 + header.len() as u64 + end;
        File::options().write(true).open(path).unwrap().set_len(len).unwrap();
        model
    }

    /// One small weight of a few values, and one tensor that is kept.
    pub(crate) fn small() -> Self {
        let values: Vec<u8> = (0..96).flat_map(|i| (i as f32 - 40.0).to_le_bytes()).collect();
        Self::new(&[("up.weight", "F32", &[4, 24]), ("up.bias", "F32", &[4])], &values)
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.0.path().join("source")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.0.path().join("out")
    }

    /// Adds a file of so many zeros, which take no room on disk.
    pub(crate) fn zeros(self, name: &str, len: u64) -> Self {
        File::create(self.source().join(name)).unwrap().set_len(len).unwrap();
        self
    }

    /// The names in the directory of source and OUT.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Whether an emulator runs the tests: it takes long for everything.
pub(crate) fn is_emulated() -> bool {
    std::env::var_os("QEMU_CPU").is_some()
}
