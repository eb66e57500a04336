//! The header of a safetensors file.
//!
//! ```text
//! u64 little-endian n    n bytes of JSON: {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ..}    data
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use safetensors::tensor::{Dtype, TensorInfo};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as UnknownVariant;

use crate::format::json::Members;
use crate::format::positioned::read_exact_at;

/// The format's limit for the JSON text.
const MAX_LEN: u64 = 100_000_000;

/// Where the header keeps what is not a tensor.
pub const METADATA: &str = "__metadata__";

/// The length field in front of the JSON text.
pub const LEN_BYTES: usize = size_of::<u64>();

/// What a safetensors file says of itself, found to be true.
#[derive(Debug)]
pub struct Header {
    pub metadata: BTreeMap<String, String>,
    /// In the order of their data.
    pub tensors: Vec<Tensor>,
    /// Where the data begin: `data_offsets` count from here.
    pub data_start: u64,
    /// The length of the file.
    pub file_len: u64,
}

#[derive(Debug)]
pub struct Tensor {
    pub name: String,
    pub info: TensorInfo,
}

impl Header {
    /// Reads and checks the header of a file.
    pub fn read(path: &Path) -> Result<Self> {
        read(path).with_context(|| format!("{} is not a valid safetensors file", path.display()))
    }
}

fn read(path: &Path) -> Result<Header> {
    let file = File::open(path).map_err(|error| anyhow!("cannot read it: {error}"))?;
    let file_len = file.metadata()?.len();
    let mut len = [0; LEN_BYTES];
    ensure!(
        file_len >= LEN_BYTES as u64,
        "it is truncated: {file_len} bytes, where the length of the header takes {LEN_BYTES}"
    );
    read_exact_at(&file, &mut len, 0)?;
    let len = u64::from_le_bytes(len);
    ensure!(
        len <= MAX_LEN,
        "its header would be {len} bytes long; the format's limit is {MAX_LEN}"
    );
    let data_start = LEN_BYTES as u64 + len;
    ensure!(
        data_start <= file_len,
        "it is truncated: {file_len} bytes, where the header alone ends at {data_start}"
    );
    let mut text = vec![0; len as usize];
    read_exact_at(&file, &mut text, LEN_BYTES as u64)?;
    let (metadata, tensors) = parse(&text)?;
    let data_len = check_offsets(&tensors)?;
    let expected = data_start.checked_add(data_len).context("its size overflows")?;
    ensure!(
        file_len >= expected,
        "it is truncated: {file_len} bytes, where the header promises {expected}"
    );
    ensure!(
        file_len == expected,
        "it goes on after its data: {file_len} bytes, where the header promises {expected}"
    );
    Ok(Header { metadata, tensors, data_start, file_len })
}

fn parse(text: &[u8]) -> Result<(BTreeMap<String, String>, Vec<Tensor>)> {
    let text = str::from_utf8(text).context("its header is not UTF-8")?;
    let members: Members =
        serde_json::from_str(text).context("its header is not a JSON object of tensors")?;
    let (mut metadata, mut tensors) = (BTreeMap::new(), Vec::new());
    for (name, value) in members.iter() {
        if name == METADATA {
            metadata = serde_json::from_str(value.get())
                .and_then(|members: Members| members.into_map())
                .with_context(|| format!("{METADATA} in its header is not a map of strings"))?;
        } else {
            let info = parse_tensor(value.get())
                .with_context(|| format!("tensor {name} in its header"))?;
            tensors.push(Tensor { name: name.to_owned(), info });
        }
    }
    // By name where empty tensors share a place.
    tensors.sort_by(|a, b| {
        a.info.data_offsets.cmp(&b.info.data_offsets).then_with(|| a.name.cmp(&b.name))
    });
    Ok((metadata, tensors))
}

fn parse_tensor(text: &str) -> Result<TensorInfo> {
    #[derive(Deserialize)]
    struct Entry {
        dtype: String,
        shape: Vec<usize>,
        data_offsets: (usize, usize),
    }

    let Entry { dtype, shape, data_offsets } = serde_json::from_str(text)?;
    let known = Dtype::deserialize(dtype.as_str().into_deserializer());
    let dtype = known.map_err(|_: UnknownVariant| anyhow!("unknown dtype {dtype:?}"))?;
    Ok(TensorInfo { dtype, shape, data_offsets })
}

/// The bytes that a tensor takes; `None` if that overflows or is not whole.
pub fn byte_len(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    let elements = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d))?;
    let bits = elements.checked_mul(dtype.bitsize())?;
    bits.is_multiple_of(8).then_some(bits / 8)
}

/// The tensors lie one after another without a gap, and each is as long as its shape says. Returns
/// the length of the data.
fn check_offsets(tensors: &[Tensor]) -> Result<u64> {
    let mut end_of_last = 0;
    for Tensor { name, info } in tensors {
        let (begin, end) = info.data_offsets;
        if begin > end_of_last {
            bail!(
                "nothing covers bytes {end_of_last} to {begin} of its data, before tensor {name}"
            );
        }
        ensure!(
            begin == end_of_last && end >= begin,
            "tensor {name} lies at bytes {begin} to {end} of its data, \
             where the one before it ends at {end_of_last}"
        );
        let TensorInfo { dtype, shape, .. } = info;
        let expected = byte_len(*dtype, shape)
            .with_context(|| format!("tensor {name}, {dtype} {shape:?}, has no size in bytes"))?;
        ensure!(
            end - begin == expected,
            "tensor {name}, {dtype} {shape:?}, takes {expected} bytes and has {}",
            end - begin
        );
        end_of_last = end;
    }
    Ok(end_of_last as u64)
}
