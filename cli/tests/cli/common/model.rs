//! A model directory in a temporary one.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use safetensors::Dtype;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Tensor, safetensors_file};

/// SRC, with room for OUT beside it. All of it is gone when this is.
#[derive(Debug)]
pub(crate) struct Model {
    directory: TempDir,
}

impl Model {
    /// A directory with a config and nothing else.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let model = Self { directory };
        fs::create_dir(model.source()).unwrap();
        model.config(&json!({ "vocab_size": 32 }))
    }

    /// One file with one Linear and what stands around it.
    pub(crate) fn small() -> Self {
        Self::new().weights("model.safetensors", &Self::small_tensors(Dtype::F32))
    }

    pub(crate) fn small_tensors(dtype: Dtype) -> Vec<(&'static str, Tensor)> {
        vec![
            ("model.embed_tokens.weight", Tensor::random(dtype, &[32, 24])),
            ("model.layers.0.mlp.up_proj.bias", Tensor::random(dtype, &[40])),
            ("model.layers.0.mlp.up_proj.weight", Tensor::random(dtype, &[40, 24])),
            ("model.norm.weight", Tensor::random(dtype, &[24])),
        ]
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.directory.path().join("source")
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.beside("out")
    }

    /// A path beside SRC.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Adds a file, of which the directories are made.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.source().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn config(self, config: &Value) -> Self {
        self.file("config.json", serde_json::to_string_pretty(config).unwrap())
    }

    pub(crate) fn weights(self, name: &str, tensors: &[(&str, Tensor)]) -> Self {
        self.file(name, safetensors_file(tensors))
    }

    /// Several files and their index.
    pub(crate) fn shards(mut self, shards: &[(&str, Vec<(&str, Tensor)>)]) -> Self {
        let mut weight_map = BTreeMap::new();
        for (file, tensors) in shards {
            weight_map.extend(tensors.iter().map(|(name, _)| (*name, *file)));
            self = self.weights(file, tensors);
        }
        let metadata = json!({ "total_size": 1, "total_parameters": 7 });
        let index = json!({ "metadata": metadata, "weight_map": weight_map });
        self.file("model.safetensors.index.json", index.to_string())
    }
}
