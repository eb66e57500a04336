//! `model.safetensors.index.json`: which file holds which tensor.

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
    /// Its own file's name.
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) metadata: Members,
    /// File name by tensor name.
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

    /// The text of the index of other tensors, with what else this one's metadata hold.
    pub(crate) fn rewritten(
        mut self,
        control: &Control<'_>,
        weight_map: BTreeMap<String, String>,
        total_size: u64,
    ) -> Result<String> {
        // A number is always written.
        let total_size = to_raw_value(&total_size).unwrap_or_default();
        self.metadata.set("total_size", total_size);
        self.weight_map = weight_map;
        pretty(control, &self)
    }
}
