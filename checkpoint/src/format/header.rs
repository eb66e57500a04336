//! The header of a safetensors file.
//!
//! ```text
//! u64 little-endian n
//! n bytes of JSON: {"name": {"dtype", "shape", "data_offsets": [begin, end]}, ..}
//! data
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorInfo};
use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::Error as UnknownVariant;

use super::file::read_exact_at;
use super::json::{Members, parse};
use crate::control::Control;
use crate::error::{Error, HeaderError, Result};

/// The format's limit for the JSON text.
const MAX_LEN: u64 = 100_000_000;

/// Where the header keeps what is not a tensor.
pub(crate) const METADATA: &str = "__metadata__";

/// The length field in front of the JSON text.
pub(crate) const LEN_BYTES: usize = size_of::<u64>();

/// What a safetensors file says of itself, after it was found to be true.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) metadata: BTreeMap<String, String>,
    /// The tensors, in the order of their data.
    pub(crate) tensors: Vec<Tensor>,
    /// Where the data begin: `data_offsets` count from here.
    pub(crate) data_start: u64,
    /// The length of the file.
    pub(crate) file_len: u64,
}

#[derive(Debug)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) info: TensorInfo,
}

impl Header {
    /// Reads and checks the header of a file.
    pub(crate) fn read(control: &Control<'_>, path: &Path) -> Result<Self> {
        let invalid = |source| Error::InvalidWeights { path: path.to_path_buf(), source };
        read(control, path)?.map_err(invalid)
    }
}

/// A result whose error says what is wrong with the file.
type Checked<T> = Result<T, HeaderError>;

fn read(control: &Control<'_>, path: &Path) -> Result<Checked<Header>> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (file_len, file) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(HeaderError::Unreadable(error))),
    };
    let mut len = [0; LEN_BYTES];
    if let Err(error) = has_room(file_len, "the length of the header takes", LEN_BYTES as u64) {
        return Ok(Err(error));
    }
    if let Err(error) = read_exact_at(control, &file, &mut len, 0)? {
        return Ok(Err(HeaderError::Unreadable(error)));
    }
    let len = u64::from_le_bytes(len);
    if len > MAX_LEN {
        return Ok(Err(HeaderError::HeaderTooLong { len, limit: MAX_LEN }));
    }
    let data_start = LEN_BYTES as u64 + len;
    if let Err(error) = has_room(file_len, "the header alone ends at", data_start) {
        return Ok(Err(error));
    }
    let mut text = vec![0; len as usize];
    if let Err(error) = read_exact_at(control, &file, &mut text, LEN_BYTES as u64)? {
        return Ok(Err(HeaderError::Unreadable(error)));
    }
    let Entries { metadata, tensors } = match entries(control, &text)? {
        Ok(header) => header,
        Err(error) => return Ok(Err(error)),
    };
    let checked = check_offsets(&tensors).and_then(|data_len| {
        let promised = data_start.checked_add(data_len).ok_or(HeaderError::SizeOverflow)?;
        has_room(file_len, "the header promises", promised)?;
        if file_len > promised {
            return Err(HeaderError::TooLong { len: file_len, promised });
        }
        Ok(())
    });
    Ok(checked.map(|()| Header { metadata, tensors, data_start, file_len }))
}

fn has_room(len: u64, what: &'static str, needed: u64) -> Checked<()> {
    if len < needed { Err(HeaderError::Truncated { len, what, needed }) } else { Ok(()) }
}

/// What the JSON text says.
struct Entries {
    metadata: BTreeMap<String, String>,
    tensors: Vec<Tensor>,
}

fn entries(control: &Control<'_>, text: &[u8]) -> Result<Checked<Entries>> {
    let text = match str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => return Ok(Err(HeaderError::NotUtf8(error))),
    };
    let members: Members = match parse(control, text)? {
        Ok(members) => members,
        Err(error) => return Ok(Err(HeaderError::NotAnObject(error.into()))),
    };
    let (mut metadata, mut tensors) = (BTreeMap::new(), Vec::new());
    for (name, value) in members.iter() {
        control.check()?;
        if name == METADATA && value.get() == "null" {
            // The safetensors library reads it as if it were not there.
        } else if name == METADATA {
            let members = parse::<Members>(control, value.get())?;
            match members.and_then(Members::into_map) {
                Ok(map) => metadata = map,
                Err(error) => return Ok(Err(HeaderError::Metadata(error.into()))),
            }
        } else {
            match tensor_info(value.get()) {
                Ok(info) => tensors.push(Tensor { name: name.to_owned(), info }),
                Err(source) => {
                    return Ok(Err(HeaderError::Entry { tensor: name.to_owned(), source }));
                }
            }
        }
    }
    // Empty tensors that share a place are sorted by name.
    tensors.sort_by(|a, b| {
        a.info.data_offsets.cmp(&b.info.data_offsets).then_with(|| a.name.cmp(&b.name))
    });
    Ok(Ok(Entries { metadata, tensors }))
}

fn tensor_info(text: &str) -> Result<TensorInfo, Box<dyn std::error::Error + Send + Sync>> {
    #[derive(Deserialize)]
    struct Entry {
        dtype: String,
        shape: Vec<usize>,
        data_offsets: (usize, usize),
    }

    let Entry { dtype, shape, data_offsets } = serde_json::from_str(text)?;
    let known = Dtype::deserialize(dtype.as_str().into_deserializer());
    let dtype = known.map_err(|_: UnknownVariant| format!("unknown dtype {dtype:?}"))?;
    Ok(TensorInfo { dtype, shape, data_offsets })
}

/// The bytes that a tensor takes, or `None` if that overflows or is not a whole number.
pub(crate) fn byte_len(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    let elements = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d))?;
    let bits = elements.checked_mul(dtype.bitsize())?;
    bits.is_multiple_of(8).then_some(bits / 8)
}

/// Checks that the tensors lie one after another without a gap, and that each is as long as its
/// shape says. Returns the length of the data.
fn check_offsets(tensors: &[Tensor]) -> Checked<u64> {
    let mut previous_end = 0;
    for Tensor { name, info } in tensors {
        let ((begin, end), tensor) = (info.data_offsets, || name.clone());
        if begin > previous_end {
            return Err(HeaderError::Gap { begin: previous_end, end: begin, tensor: tensor() });
        }
        if begin != previous_end || end < begin {
            return Err(HeaderError::Overlap { tensor: tensor(), begin, end, previous_end });
        }
        let (dtype, shape) = (|| info.dtype.to_string(), || info.shape.clone());
        let Some(needed) = byte_len(info.dtype, &info.shape) else {
            return Err(HeaderError::NoSize { tensor: tensor(), dtype: dtype(), shape: shape() });
        };
        if end - begin != needed {
            let (dtype, shape, len) = (dtype(), shape(), end - begin);
            return Err(HeaderError::Length { tensor: tensor(), dtype, shape, needed, len });
        }
        previous_end = end;
    }
    Ok(previous_end as u64)
}
