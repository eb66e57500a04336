//! Where the tensors of a safetensors file go.
//!
//! In the order of the safetensors library: descending by alignment, then by name. Every tensor is then
//! aligned for its dtype, which torch wants of those that it maps.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, Result};
use safetensors::tensor::{Dtype, TensorInfo};
use serde_json::{Map, Value, to_value};

use crate::format::header::{LEN_BYTES, METADATA, byte_len};

#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
}

impl Entry {
    /// Its bytes; [`Layout::new`] has found that they can be counted.
    pub fn len(&self) -> u64 {
        byte_len(self.dtype, &self.shape).map_or(0, |len| len as u64)
    }
}

#[derive(Debug)]
pub struct Layout {
    /// The beginning of the file, up to the data.
    pub head: Vec<u8>,
    /// Where each tensor begins, counted from the beginning of the file.
    pub places: HashMap<String, u64>,
    /// Bytes of all tensors.
    pub data_len: u64,
}

impl Layout {
    pub fn new(mut entries: Vec<Entry>, metadata: &BTreeMap<String, String>) -> Result<Self> {
        entries.sort_by(|a, b| b.dtype.cmp(&a.dtype).then_with(|| a.name.cmp(&b.name)));
        let mut metadata = metadata.clone();
        // Some loaders refuse a file that does not say whose tensors it holds.
        metadata.insert("format".to_owned(), "pt".to_owned());
        let mut header = Map::new();
        header.insert(METADATA.to_owned(), to_value(&metadata)?);
        let (mut places, mut end) = (HashMap::new(), 0_usize);
        for Entry { name, dtype, shape } in entries {
            let begin = end;
            end = byte_len(dtype, &shape)
                .and_then(|len| begin.checked_add(len))
                .with_context(|| format!("the size of tensor {name} overflows"))?;
            let info = TensorInfo { dtype, shape, data_offsets: (begin, end) };
            header.insert(name.clone(), to_value(&info)?);
            places.insert(name, begin as u64);
        }
        let mut text = serde_json::to_vec(&Value::Object(header))?;
        text.resize(text.len().next_multiple_of(LEN_BYTES), b' ');
        let mut head = (text.len() as u64).to_le_bytes().to_vec();
        head.extend(text);
        for place in places.values_mut() {
            *place += head.len() as u64;
        }
        Ok(Self { head, places, data_len: end as u64 })
    }

    pub fn file_len(&self) -> u64 {
        self.head.len() as u64 + self.data_len
    }
}
