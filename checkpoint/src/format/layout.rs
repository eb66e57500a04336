//! Decides where the tensors of a safetensors file go.
//!
//! The order is that of the safetensors library: descending by alignment, then by name. In this
//! order every tensor is aligned for its dtype, as torch needs it of tensors that it maps.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, TensorInfo};
use serde::Serialize;

use super::header::{LEN_BYTES, METADATA, byte_len};
use crate::control::Control;
use crate::error::{Error, HeaderError, Result};

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
}

impl Entry {
    /// The bytes of the tensor. [`Layout::new`] has found that they can be counted.
    pub(crate) fn len(&self) -> u64 {
        byte_len(self.dtype, &self.shape).map_or(0, |len| len as u64)
    }
}

#[derive(Debug)]
pub(crate) struct Layout {
    /// The beginning of the file, up to the data.
    pub(crate) head: Vec<u8>,
    /// Where each tensor begins, counted from the beginning of the file.
    pub(crate) places: HashMap<String, u64>,
    /// Bytes of all tensors.
    pub(crate) data_len: u64,
}

impl Layout {
    /// The layout of a file at this path.
    pub(crate) fn new(
        control: &Control<'_>,
        path: &Path,
        mut entries: Vec<Entry>,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Self> {
        entries.sort_by(|a, b| b.dtype.cmp(&a.dtype).then_with(|| a.name.cmp(&b.name)));
        let mut metadata = metadata.clone();
        // Some loaders refuse a file that does not say which library's tensors it holds.
        metadata.insert("format".to_owned(), "pt".to_owned());
        let mut text = Text::new(METADATA, &metadata);
        let (mut places, mut end) = (HashMap::new(), 0_usize);
        for Entry { name, dtype, shape } in entries {
            control.check()?;
            let begin = end;
            let len = byte_len(dtype, &shape).and_then(|len| begin.checked_add(len));
            end = len.ok_or_else(|| Error::InvalidWeights {
                path: path.to_path_buf(),
                source: HeaderError::NoSize {
                    tensor: name.clone(),
                    dtype: dtype.to_string(),
                    shape: shape.clone(),
                },
            })?;
            text.add(&name, &TensorInfo { dtype, shape, data_offsets: (begin, end) });
            places.insert(name, begin as u64);
        }
        let text = text.end();
        let mut head = (text.len() as u64).to_le_bytes().to_vec();
        head.extend(text);
        for place in places.values_mut() {
            *place += head.len() as u64;
        }
        Ok(Self { head, places, data_len: end as u64 })
    }

    pub(crate) fn file_len(&self) -> u64 {
        self.head.len() as u64 + self.data_len
    }
}

/// The JSON text, written member by member: there may be millions.
struct Text(Vec<u8>);

impl Text {
    fn new(key: &str, value: &impl Serialize) -> Self {
        let mut text = Self(Vec::new());
        text.member(b'{', key, value);
        text
    }

    fn add(&mut self, key: &str, value: &impl Serialize) {
        self.member(b',', key, value);
    }

    fn member(&mut self, before: u8, key: &str, value: &impl Serialize) {
        self.0.push(before);
        // Writing strings and numbers to memory does not fail.
        let _ = serde_json::to_writer(&mut self.0, key);
        self.0.push(b':');
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    /// Pads the text, so that the data are aligned.
    fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0.resize(self.0.len().next_multiple_of(LEN_BYTES), b' ');
        self.0
    }
}
