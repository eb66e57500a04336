//! A safetensors file as a GGUF file of blocks q8_0, which llama.cpp and candle read, with the
//! bytes that ggml's own quantizer gives.
//!
//!     cargo run --release --example gguf_q8_0 -- MODEL.safetensors OUT.gguf [OPTIONS]
//!
//!     --arithmetic NAME   ggml (the default: what ggml's reference and the package gguf compute),
//!                         ggml-x86 or exact
//!     --metadata FILE     what the model is: a JSON object of GGUF's keys and their values
//!     --keep TENSOR       a matrix that is not quantized; may be repeated
//!     --drop TENSOR       a tensor that is not written; may be repeated
//!
//! Without arguments the example quantizes a small file of its own.
//!
//! A float tensor of two to four dimensions becomes blocks if its rows are whole blocks of 32
//! values. Other floats become f32, which is exact. Signed integers and f64 stay as they are:
//! llama.cpp reads them, candle does not. Tensors keep their names, and are sorted by them. To
//! rename a model's tensors as llama.cpp has them, and to write its metadata, is what converters do
//! before.
//!
//! In the metadata, a whole number is a u32, or an i32 if it is negative or in an array. A number
//! with a point or an exponent is an f32. `general.architecture` is `unknown` if it is not there,
//! which llama.cpp refuses. `general.file_type` and `general.quantization_version` are those of
//! q8_0, whatever the metadata say.
//!
//! OUT is written under another name in its directory and renamed once it is whole. A value that is
//! not finite is refused, by its tensor and its index, if it had to be quantized.
//! `scripts/check-gguf` compares the file with the one that the package gguf writes.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{self, ExitCode};

use absmax::{Arithmetic, Backend, Element, Rows, RowsMut, reference};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Values of a block q8_0.
const BLOCK: usize = 32;
/// Bytes of a block q8_0.
const BLOCK_SIZE: usize = 34;
/// Data of tensors begin at multiples of so many bytes, unless metadata say another number.
const ALIGNMENT: usize = 32;
/// The longest name that ggml reads, in bytes: it keeps a name in 64 bytes, with a zero at the end.
const LONGEST_NAME: usize = 63;
const MOST_DIMENSIONS: usize = 4;

/// The numbers of ggml's types.
mod ggml_type {
    pub(super) const F32: u32 = 0;
    pub(super) const Q8_0: u32 = 8;
    pub(super) const I8: u32 = 24;
    pub(super) const I16: u32 = 25;
    pub(super) const I32: u32 = 26;
    pub(super) const I64: u32 = 27;
    pub(super) const F64: u32 = 28;
}

/// The numbers of the types that metadata have here.
mod value_type {
    pub(super) const U32: u32 = 4;
    pub(super) const I32: u32 = 5;
    pub(super) const F32: u32 = 6;
    pub(super) const BOOL: u32 = 7;
    pub(super) const STRING: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
}

struct Options {
    arithmetic: Arithmetic,
    metadata: Map<String, Value>,
    keep: BTreeSet<String>,
    drop: BTreeSet<String>,
}

impl Default for Options {
    fn default() -> Self {
        let (metadata, keep, drop) = Default::default();
        Self { arithmetic: Arithmetic::ggml(), metadata, keep, drop }
    }
}

/// A tensor of the file that is written.
struct Tensor<'a> {
    name: &'a str,
    view: &'a TensorView<'a>,
    ggml_type: u32,
    /// Bytes of its data, without what aligns the next one's.
    size: usize,
}

impl<'a> Tensor<'a> {
    fn new(name: &'a str, view: &'a TensorView<'a>, keep: &BTreeSet<String>) -> Result<Self> {
        if name.len() > LONGEST_NAME {
            let len = name.len();
            return Err(
                format!("{name}: the name has {len} bytes, ggml reads {LONGEST_NAME}").into()
            );
        }
        let shape = view.shape();
        if shape.len() > MOST_DIMENSIONS {
            let found = shape.len();
            return Err(format!("{name}: {found} dimensions, ggml has {MOST_DIMENSIONS}").into());
        }
        let values = shape.iter().product::<usize>();
        let row_len = shape.last().copied().unwrap_or(1);
        let whole = shape.len() >= 2 && values > 0 && row_len.is_multiple_of(BLOCK);
        let (ggml_type, size) = match view.dtype() {
            Dtype::F32 | Dtype::F16 | Dtype::BF16 if whole && !keep.contains(name) => {
                (ggml_type::Q8_0, values / BLOCK * BLOCK_SIZE)
            }
            Dtype::F32 | Dtype::F16 | Dtype::BF16 => (ggml_type::F32, values * size_of::<f32>()),
            Dtype::F64 => (ggml_type::F64, view.data().len()),
            Dtype::I8 => (ggml_type::I8, view.data().len()),
            Dtype::I16 => (ggml_type::I16, view.data().len()),
            Dtype::I32 => (ggml_type::I32, view.data().len()),
            Dtype::I64 => (ggml_type::I64, view.data().len()),
            other => return Err(format!("{name}: GGUF has no type for {other:?}").into()),
        };
        Ok(Self { name, view, ggml_type, size })
    }

    /// The dimensions, the one that changes fastest first. A scalar is one value.
    fn dimensions(&self) -> Vec<usize> {
        let shape = self.view.shape();
        if shape.is_empty() { vec![1] } else { shape.iter().rev().copied().collect() }
    }

    fn data(&self, arithmetic: Arithmetic) -> Result<Vec<u8>> {
        let bytes = self.view.data();
        let data = match self.view.dtype() {
            Dtype::F32 => self.floats(&values(bytes, f32::from_le_bytes), arithmetic),
            Dtype::F16 => self.floats(&values(bytes, f16::from_le_bytes), arithmetic),
            Dtype::BF16 => self.floats(&values(bytes, bf16::from_le_bytes), arithmetic),
            _ => Ok(bytes.to_vec()),
        };
        Ok(data.map_err(|error| format!("{}: {error}", self.name))?)
    }

    fn floats<T: Element>(&self, x: &[T], arithmetic: Arithmetic) -> absmax::Result<Vec<u8>> {
        if self.ggml_type == ggml_type::F32 {
            return Ok(x.iter().flat_map(|x| x.to_f32().to_le_bytes()).collect());
        }
        // No block has values of two rows, so that all rows are one.
        let mut blocks = vec![[0; BLOCK_SIZE]; x.len() / BLOCK];
        let to = RowsMut::new(&mut blocks, 1, x.len() / BLOCK)?;
        Backend::best().by(arithmetic).quantize_q8_0(Rows::new(x, 1, x.len())?, to)?;
        Ok(blocks.into_flattened())
    }
}

/// The values of little-endian bytes, which may begin anywhere.
fn values<T, const N: usize>(bytes: &[u8], of: fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|bytes| of(*bytes)).collect()
}

fn put_u32(to: &mut Vec<u8>, number: u32) {
    to.extend(number.to_le_bytes());
}

fn put_u64(to: &mut Vec<u8>, number: usize) {
    to.extend((number as u64).to_le_bytes());
}

fn put_string(to: &mut Vec<u8>, text: &str) {
    put_u64(to, text.len());
    to.extend(text.as_bytes());
}

fn pad(to: &mut Vec<u8>) {
    to.resize(to.len().next_multiple_of(ALIGNMENT), 0);
}

/// The type that a value has in an array, or alone, and its bytes.
fn number_or_text(value: &Value, in_array: bool) -> Option<(u32, Vec<u8>)> {
    let mut bytes = Vec::new();
    let value_type = match value {
        Value::Bool(value) => {
            bytes.push((*value).into());
            value_type::BOOL
        }
        Value::String(text) => {
            put_string(&mut bytes, text);
            value_type::STRING
        }
        Value::Number(number) => match number.as_i64() {
            Some(whole) if whole < 0 || in_array => {
                bytes.extend(i32::try_from(whole).ok()?.to_le_bytes());
                value_type::I32
            }
            Some(whole) => {
                put_u32(&mut bytes, whole.try_into().ok()?);
                value_type::U32
            }
            None if number.is_u64() => return None,
            None => {
                let number = number.as_f64()? as f32;
                bytes.extend(number.is_finite().then_some(number)?.to_le_bytes());
                value_type::F32
            }
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some((value_type, bytes))
}

/// A key and its value.
fn put_pair(to: &mut Vec<u8>, key: &str, value: &Value) -> Result<()> {
    let unusable =
        || format!("metadata: {key} has a value that no type here holds, or of mixed types");
    put_string(to, key);
    let Value::Array(values) = value else {
        let (value_type, bytes) = number_or_text(value, false).ok_or_else(unusable)?;
        put_u32(to, value_type);
        to.extend(bytes);
        return Ok(());
    };
    let values: Vec<_> = values
        .iter()
        .map(|value| number_or_text(value, true))
        .collect::<Option<_>>()
        .ok_or_else(unusable)?;
    let (first, _) = values.first().ok_or_else(|| format!("metadata: {key} is an empty array"))?;
    put_u32(to, value_type::ARRAY);
    put_u32(to, *first);
    put_u64(to, values.len());
    for (value_type, bytes) in &values {
        if value_type != first {
            return Err(unusable().into());
        }
        to.extend(bytes);
    }
    Ok(())
}

/// What stands before the data of tensors.
fn header(metadata: &Map<String, Value>, tensors: &[Tensor<'_>]) -> Result<Vec<u8>> {
    let mut pairs = BTreeMap::from([("general.architecture", Value::from("unknown"))]);
    pairs.extend(metadata.iter().map(|(key, value)| (key.as_str(), value.clone())));
    pairs.extend([("general.file_type", 7.into()), ("general.quantization_version", 2.into())]);
    if pairs.contains_key("general.alignment") {
        return Err(
            format!("metadata: general.alignment: it is {ALIGNMENT} here, the default").into()
        );
    }
    if !pairs["general.architecture"].is_string() {
        return Err("metadata: general.architecture is no string".into());
    }
    // Readers look here first to see what the other keys mean.
    let architecture = pairs.remove_entry("general.architecture");

    let mut bytes = b"GGUF".to_vec();
    put_u32(&mut bytes, 3);
    put_u64(&mut bytes, tensors.len());
    put_u64(&mut bytes, pairs.len() + 1);
    for (key, value) in architecture.into_iter().chain(pairs) {
        put_pair(&mut bytes, key, &value)?;
    }
    let mut offset: usize = 0;
    for tensor in tensors {
        put_string(&mut bytes, tensor.name);
        let dimensions = tensor.dimensions();
        put_u32(&mut bytes, dimensions.len() as u32);
        dimensions.into_iter().for_each(|dimension| put_u64(&mut bytes, dimension));
        put_u32(&mut bytes, tensor.ggml_type);
        put_u64(&mut bytes, offset);
        offset += tensor.size.next_multiple_of(ALIGNMENT);
    }
    pad(&mut bytes);
    Ok(bytes)
}

/// Writes all of `to`, which must not be there yet.
fn write(to: &Path, header: &[u8], tensors: &[Tensor<'_>], arithmetic: Arithmetic) -> Result<()> {
    let file = File::create_new(to).map_err(|error| format!("{}: {error}", to.display()))?;
    let mut file = BufWriter::new(file);
    file.write_all(header)?;
    for tensor in tensors {
        let mut data = tensor.data(arithmetic)?;
        pad(&mut data);
        file.write_all(&data)?;
    }
    Ok(file.into_inner()?.sync_all()?)
}

fn convert(from: &Path, to: &Path, options: &Options) -> Result<()> {
    let bytes = fs::read(from).map_err(|error| format!("{}: {error}", from.display()))?;
    if fs::canonicalize(to).is_ok_and(|to| fs::canonicalize(from).is_ok_and(|from| from == to)) {
        return Err(format!("{} is the file that is read", to.display()).into());
    }
    let file =
        SafeTensors::deserialize(&bytes).map_err(|error| format!("{}: {error}", from.display()))?;
    let views = file.iter().collect::<BTreeMap<_, _>>();
    for (option, names) in [("--keep", &options.keep), ("--drop", &options.drop)] {
        if let Some(name) = names.iter().find(|name| !views.contains_key(name.as_str())) {
            return Err(format!("{option} {name}: there is no such tensor").into());
        }
    }
    let tensors = views
        .iter()
        .filter(|(name, _)| !options.drop.contains(**name))
        .map(|(name, view)| Tensor::new(name, view, &options.keep))
        .collect::<Result<Vec<_>>>()?;
    let header = header(&options.metadata, &tensors)?;

    let mut draft = to.as_os_str().to_owned();
    draft.push(format!(".{}", process::id()));
    let draft = PathBuf::from(draft);
    let placed = write(&draft, &header, &tensors, options.arithmetic)
        .and_then(|()| Ok(fs::rename(&draft, to)?));
    if placed.is_err() {
        let _ = fs::remove_file(&draft);
    }
    placed?;
    let blocks = tensors.iter().filter(|tensor| tensor.ggml_type == ggml_type::Q8_0).count();
    println!("{}: {} tensors, {blocks} of them in blocks q8_0", to.display(), tensors.len());
    Ok(())
}

/// A file such as other programs write, and its first block.
fn small() -> Result<()> {
    let weight: Vec<bf16> =
        (0..48 * 192).map(|i| bf16::from_f32((i as f32 * 0.61).sin() * 0.05)).collect();
    let view = TensorView::new(Dtype::BF16, vec![48, 192], bytemuck::cast_slice(&weight))?;
    let at = |ending| env::temp_dir().join(format!("absmax-example-{}.{ending}", process::id()));
    let (from, to) = (at("safetensors"), at("gguf"));
    safetensors::serialize_to_file([("up_proj.weight", view)], None, &from)?;
    let converted = convert(&from, &to, &Options::default());
    let written = fs::read(&to);
    fs::remove_file(from)?;
    let _ = fs::remove_file(to);
    converted?;

    let written = written?;
    let block = &written[written.len() - 48 * 192 / BLOCK * BLOCK_SIZE..][..BLOCK_SIZE];
    let first = weight.first_chunk().ok_or("too few values")?;
    if block != reference::q8_0(first, Arithmetic::ggml())? {
        return Err("the first block is not that of the definition".into());
    }
    println!("the first block of up_proj.weight: {block:?}");
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gguf_q8_0: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let mut options = Options::default();
    let mut paths = Vec::new();
    while let Some(argument) = arguments.next() {
        if !argument.starts_with("--") {
            paths.push(PathBuf::from(argument));
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
        match argument.as_str() {
            "--arithmetic" => {
                options.arithmetic = Arithmetic::by_name(&value)
                    .ok_or_else(|| format!("--arithmetic {value}: there is no such preset"))?;
                options.arithmetic.check_blocks()?;
            }
            "--metadata" => {
                options.metadata = serde_json::from_slice(&fs::read(&value)?)
                    .map_err(|error| format!("--metadata {value}: {error}"))?;
            }
            "--keep" => {
                options.keep.insert(value);
            }
            "--drop" => {
                options.drop.insert(value);
            }
            _ => return Err(format!("there is no option {argument}").into()),
        }
    }
    match &paths[..] {
        [] => small(),
        [from, to] => convert(from, to, &options),
        _ => Err("arguments: MODEL.safetensors OUT.gguf [OPTIONS]".into()),
    }
}
