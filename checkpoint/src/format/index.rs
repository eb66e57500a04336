//! `model.safetensors.index.json`, which says which file holds which tensor.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;

use super::file::read_text;
use super::json::{Members, parse, pretty};
use super::names::INDEX;
use crate::control::Control;
use crate::error::{Error, Result};

#[derive(Debug, Serialize)]
pub(crate) struct Index {
    /// The name of the index file itself.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) metadata: Members,
    /// The name of the file that each tensor is in.
    pub(crate) weight_map: BTreeMap<String, String>,
}

impl Default for Index {
    fn default() -> Self {
        let (metadata, weight_map) = Default::default();
        Self { name: INDEX.to_owned(), metadata, weight_map }
    }
}

impl Index {
    pub(crate) fn read(control: &Control<'_>, directory: &Path, name: String) -> Result<Self> {
        #[derive(Deserialize)]
        struct Read {
            metadata: Option<Members>,
            weight_map: Members,
        }

        let path = &directory.join(&name);
        let invalid = |source| Error::InvalidIndex { path: path.clone(), source };
        let text = read_text(control, path)?.map_err(|error| invalid(error.into()))?;
        let read = parse(control, &text)?.map_err(|error| invalid(error.into()))?;
        let Read { metadata, weight_map } = read;
        let weight_map = weight_map.into_map().map_err(|error| invalid(error.into()))?;
        Ok(Self { name, metadata: metadata.unwrap_or_default(), weight_map })
    }

    /// The text of an index of other tensors, with whatever else the metadata of this one hold.
    pub(crate) fn rewritten(
        mut self,
        control: &Control<'_>,
        weight_map: BTreeMap<String, String>,
        total_size: u64,
    ) -> Result<String> {
        // Writing a number never fails.
        let total_size = to_raw_value(&total_size).unwrap_or_default();
        self.metadata.set("total_size", total_size);
        self.weight_map = weight_map;
        pretty(control, &self)
    }
}
