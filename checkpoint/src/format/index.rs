//! `model.safetensors.index.json`: which file holds which tensor.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

use crate::format::json::Members;

pub const INDEX: &str = "model.safetensors.index.json";

#[derive(Debug, Serialize)]
pub struct Index {
    /// Its own file's name.
    #[serde(skip)]
    pub name: String,
    pub metadata: Members,
    /// File name by tensor name.
    pub weight_map: BTreeMap<String, String>,
}

impl Default for Index {
    fn default() -> Self {
        let (metadata, weight_map) = Default::default();
        Self { name: INDEX.to_owned(), metadata, weight_map }
    }
}

impl Index {
    pub fn read(directory: &Path, name: String) -> Result<Self> {
        let path = directory.join(&name);
        #[derive(Deserialize)]
        struct Read {
            metadata: Option<Members>,
            weight_map: Members,
        }

        let read = || {
            let Read { metadata, weight_map } = serde_json::from_str(&fs::read_to_string(&path)?)?;
            anyhow::Ok((metadata.unwrap_or_default(), weight_map.into_map()?))
        };
        let (metadata, weight_map) =
            read().with_context(|| format!("{} is not a valid index", path.display()))?;
        Ok(Self { name, metadata, weight_map })
    }

    /// The text of the index of other tensors, with what else this one's metadata hold.
    pub fn rewritten(
        mut self,
        weight_map: BTreeMap<String, String>,
        total_size: u64,
    ) -> Result<String> {
        self.metadata.set("total_size", to_raw_value(&total_size)?);
        self.weight_map = weight_map;
        Ok(serde_json::to_string_pretty(&self)? + "\n")
    }
}
