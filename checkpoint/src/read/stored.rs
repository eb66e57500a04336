//! Tensors as a model sees them, whether they are stored as they are or quantized.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;

use absmax::{Backend, Element, Granularity, Packing, Quantizer, Scheme};
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut};
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use crate::format::config::{StoredGroups, StoredWeights};
use crate::format::header::Tensor;
use crate::format::positioned::read_exact_at;
use crate::format::zero_points::unpacked_zero_points;
use crate::quantize::weight::panels;
use crate::read::pieces::Buffers;
use crate::source::checkpoint::{Checkpoint, Shard};

/// Where a tensor of a file lies.
#[derive(Clone, Debug)]
pub struct Place {
    /// The index of its file among the checkpoint's.
    pub shard: usize,
    pub from: u64,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
}

impl Place {
    /// That of a tensor of the checkpoint's file number `index`.
    pub fn of(index: usize, shard: &Shard, tensor: &Tensor) -> Self {
        let TensorInfo { dtype, ref shape, data_offsets: (begin, _) } = tensor.info;
        let (from, shape) = (shard.header.data_start + begin as u64, shape.clone());
        Self { shard: index, from, dtype, shape }
    }

    /// Bytes of the tensor.
    pub fn len(&self) -> u64 {
        (self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8) as u64
    }
}

/// A tensor by the name that the model has for it.
#[derive(Clone, Debug)]
pub enum Stored {
    Plain(Place),
    Quantized(Box<QuantizedWeight>),
}

/// A weight [out, in] in the form of compressed-tensors.
#[derive(Clone, Debug)]
pub struct QuantizedWeight {
    weight: Place,
    scale: Place,
    zero_point: Option<Place>,
    pub shape: [usize; 2],
    /// How the integers are packed, if they are.
    packing: Option<Packing>,
    /// The same of the zero points.
    zero_packing: Option<Packing>,
    /// How many bits are stored of each.
    pub bits: u8,
    /// The granularity, for kernels.
    scheme: Scheme,
}

impl Stored {
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Plain(place) => &place.shape,
            Self::Quantized(weight) => &weight.shape,
        }
    }

    /// The type of the values that it stands for.
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::Plain(place) => place.dtype,
            Self::Quantized(weight) => weight.scale.dtype,
        }
    }

    /// The index of the file that its values, or their scales, are in.
    pub fn shard(&self) -> usize {
        match self {
            Self::Plain(place) => place.shard,
            Self::Quantized(weight) => weight.scale.shard,
        }
    }

    /// For the reader.
    pub fn kind(&self) -> String {
        match self {
            Self::Plain(place) => place.dtype.to_string(),
            Self::Quantized(weight) => format!("int{}", weight.bits),
        }
    }

    /// Rows, and elements of each, of the panels in which it is read.
    fn rows(&self) -> [usize; 2] {
        match *self.shape() {
            [rows, row_len] => [rows, row_len],
            ref shape => [shape.iter().product(), 1],
        }
    }

    /// The panels in which it is read: whole rows.
    pub fn panels(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        panels(self.rows())
    }
}

/// Names that the parts of a quantized weight add to the weight's.
const PARTS: [&str; 4] = ["_packed", "_scale", "_zero_point", "_shape"];

/// A checkpoint's files and the tensors in them.
#[derive(Debug)]
pub struct StoredModel {
    files: Vec<File>,
    pub tensors: BTreeMap<String, Stored>,
}

impl StoredModel {
    pub fn of(checkpoint: &Checkpoint) -> Result<Self> {
        let mut places = BTreeMap::new();
        for (i, shard) in checkpoint.shards.iter().enumerate() {
            for tensor in &shard.header.tensors {
                places.insert(tensor.name.clone(), Place::of(i, shard, tensor));
            }
        }
        let mut model = Self { files: open_files(checkpoint)?, tensors: BTreeMap::new() };
        let weights: Vec<String> = places
            .keys()
            .filter_map(|name| name.strip_suffix("_scale"))
            .filter(|name| name.ends_with(".weight"))
            .map(str::to_owned)
            .collect();
        let groups = match weights.first() {
            None => StoredGroups::default(),
            Some(first) => {
                checkpoint.config.stored_groups().with_context(|| format!("tensor {first}"))?
            }
        };
        for name in weights {
            let mut part = |suffix: &str| places.remove(&format!("{name}{suffix}"));
            let parts = [part(""), part(PARTS[0]), part(PARTS[1]), part(PARTS[2]), part(PARTS[3])];
            let module = name.strip_suffix(".weight").unwrap_or(&name);
            let weight = QuantizedWeight::of(parts, groups.of(module), &model)
                .with_context(|| format!("tensor {name}"))?;
            model.tensors.insert(name, Stored::Quantized(Box::new(weight)));
        }
        for (name, place) in &places {
            refuse_part(name, place, checkpoint.config.quantized_by().is_some())?;
        }
        let plain = places.into_iter().map(|(name, place)| (name, Stored::Plain(place)));
        model.tensors.extend(plain);
        Ok(model)
    }

    /// Files alone, to read [`Place`]s from: the tensors are not asked for what they mean.
    pub fn files_of(checkpoint: &Checkpoint) -> Result<Self> {
        Ok(Self { files: open_files(checkpoint)?, tensors: BTreeMap::new() })
    }

    /// The bytes of a small tensor.
    fn bytes(&self, place: &Place) -> Result<Vec<u8>> {
        let mut bytes = vec![0; place.len() as usize];
        read_exact_at(&self.files[place.shard], &mut bytes, place.from)?;
        Ok(bytes)
    }

    /// The bytes of a place from `start` on, as elements.
    pub fn read<'b, T: AnyBitPattern + NoUninit>(
        &self,
        place: &Place,
        elements: Range<usize>,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let bytes = elements.len() * size_of::<T>();
        words.resize(bytes.div_ceil(size_of::<u32>()), 0);
        let buffer: &mut [u8] = &mut cast_slice_mut(words)[..bytes];
        let from = place.from + (elements.start * size_of::<T>()) as u64;
        read_exact_at(&self.files[place.shard], buffer, from)?;
        if cfg!(target_endian = "big") {
            buffer.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        Ok(cast_slice(buffer))
    }
}

/// What is left after every weight took its parts is no part of a weight.
fn refuse_part(name: &str, place: &Place, is_quantized: bool) -> Result<()> {
    let weight = |suffix: &str| name.strip_suffix(suffix).filter(|name| name.ends_with(".weight"));
    if let Some(weight) = weight("_g_idx") {
        bail!("tensor {weight} has groups in another order ({name}), which is not supported");
    }
    if let Some((weight, part)) = PARTS.iter().find_map(|part| Some((weight(part)?, part))) {
        bail!("tensor {weight} has no {weight}_scale beside {weight}{part}");
    }
    let is_integer_weight = weight("").is_some() && place.dtype == Dtype::I8;
    ensure!(!(is_quantized && is_integer_weight), "tensor {name} is I8 and has no {name}_scale");
    Ok(())
}

fn open_files(checkpoint: &Checkpoint) -> Result<Vec<File>> {
    let open = |path| File::open(path).with_context(|| format!("cannot read {path:?}"));
    checkpoint.shards.iter().map(|shard| open(&shard.path)).collect()
}

impl QuantizedWeight {
    /// Put together from `.weight`, `.weight_packed`, `_scale`, `_zero_point` and `_shape`, and from what
    /// the config says of it.
    fn of(
        parts: [Option<Place>; 5],
        config: Option<&StoredWeights>,
        model: &StoredModel,
    ) -> Result<Self> {
        let [plain, packed, scale, zero_point, shape] = parts;
        let scale = scale.context("it has no scale")?;
        let (weight, shape, bits) = match (plain, packed, shape) {
            (Some(weight), None, None) => {
                let shape = weight.shape[..].try_into().ok().context("it is not a matrix")?;
                ensure!(weight.dtype == Dtype::I8, "it has a scale and is {}", weight.dtype);
                (weight, shape, 8)
            }
            (None, Some(packed), Some(stored)) => {
                ensure!(packed.dtype == Dtype::I32, "_packed is {}, not I32", packed.dtype);
                let is_pair = stored.dtype == Dtype::I64 && stored.shape == [2];
                ensure!(is_pair, "_shape is {} {:?}", stored.dtype, stored.shape);
                let shape = model.bytes(&stored)?;
                let dimension =
                    |i: usize| u64::from_le_bytes(std::array::from_fn(|j| shape[8 * i + j]));
                let shape = [usize::try_from(dimension(0))?, usize::try_from(dimension(1))?];
                let of_config = config.map(|config| config.num_bits);
                let bits = packed_bits(&packed.shape, shape, of_config)?;
                (packed, shape, bits)
            }
            _ => bail!("its parts are neither those of int-quantized nor of pack-quantized"),
        };
        if let Some(&StoredWeights { num_bits, ref r#type, symmetric, .. }) = config {
            ensure!(r#type == "int", "the config says that it is of type {type}, not int");
            ensure!(num_bits <= bits, "the config says {num_bits} bits and it is stored in {bits}");
            ensure!(
                symmetric || zero_point.is_some(),
                "the config says that it is not symmetric and it has no zero points"
            );
        }
        let [rows, row_len] = shape;
        let per_word = 32 / usize::from(bits);
        let scheme = Scheme::int8().affine();
        let (scheme, columns) = match *scale.shape {
            [] | [1] => (scheme.per_tensor(), 1),
            [found, 1] if found == rows => (scheme.per_channel(0), 1),
            [found, groups] if found == rows && groups > 0 && row_len.is_multiple_of(groups) => {
                (scheme.per_group((row_len / groups).max(1))?, groups)
            }
            ref found => bail!("its scales are {found:?}, which does not fit {shape:?}"),
        };
        if let Some(size) = config.and_then(|config| config.group_size).filter(|&size| size > 0) {
            let found = row_len / columns;
            let fits = usize::try_from(size).is_ok_and(|size| size == found);
            ensure!(
                fits,
                "the config says groups of {size}, and its scales are of groups of {found}"
            );
        }
        let is_floating = matches!(scale.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16);
        ensure!(is_floating, "its scales are {}", scale.dtype);
        let packing = if weight.dtype == Dtype::I32 { Some(Packing::words(bits)?) } else { None };
        // One alone is not packed.
        let zero_packing = packing.filter(|_| scheme.granularity() != Granularity::PerTensor);
        if let Some(zero_point) = &zero_point {
            let sets = scale.shape.iter().product::<usize>() / columns;
            let (dtype, height) = match zero_packing {
                Some(_) => (Dtype::I32, sets.div_ceil(per_word)),
                None => (Dtype::I8, sets),
            };
            let found: usize = zero_point.shape.iter().product();
            ensure!(
                zero_point.dtype == dtype && found == height * columns,
                "its zero points are {} {:?}, where {dtype} [{height}, {columns}] fits its scales",
                zero_point.dtype,
                zero_point.shape
            );
        }
        Ok(Self { weight, scale, zero_point, shape, packing, zero_packing, bits, scheme })
    }

    /// Its scales and zero points.
    pub fn parameters(&self, model: &StoredModel) -> Result<Parameters> {
        let bytes = model.bytes(&self.scale)?;
        let pairs = bytes.as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair));
        let scales: Vec<f32> = match self.scale.dtype {
            Dtype::F16 => pairs.map(|bits| f16::from_bits(bits).to_f32()).collect(),
            Dtype::BF16 => pairs.map(|bits| bf16::from_bits(bits).to_f32()).collect(),
            _ => bytes.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect(),
        };
        let zero_points = match &self.zero_point {
            None => vec![0; scales.len()],
            Some(place) => {
                let columns = self.scale.shape.get(1).copied().unwrap_or(1);
                let bytes = model.bytes(place)?;
                unpacked_zero_points(&bytes, [scales.len() / columns, columns], self.zero_packing)?
            }
        };
        Ok(Parameters { scales, zero_points })
    }

    /// Dequantizes some rows.
    pub fn rows<T: Element>(
        &self,
        backend: Backend,
        model: &StoredModel,
        parameters: &Parameters,
        rows: &Range<usize>,
        buffers: &mut Buffers,
        x: &mut [T],
    ) -> Result<()> {
        let row_len = self.shape[1];
        let Buffers { words, quantized, .. } = buffers;
        let q: &[i8] = match self.packing {
            None => {
                let elements = rows.start * row_len..rows.end * row_len;
                model.read(&self.weight, elements, words)?
            }
            Some(packing) => {
                let bytes = packing.len(rows.start, row_len)?..packing.len(rows.end, row_len)?;
                quantized.resize(x.len(), 0);
                let packed = Place { dtype: Dtype::U8, ..self.weight.clone() };
                let packed: &[u8] = model.read(&packed, bytes, words)?;
                backend.unpack_into(packed, row_len, packing, quantized)?;
                quantized
            }
        };
        let Parameters { scales, zero_points } = parameters;
        let all = scales.len() == 1;
        let per_row = scales.len() / self.shape[0].max(1);
        let sets = if all { 0..1 } else { rows.start * per_row..rows.end * per_row };
        let (scales, zero_points) = (&scales[sets.clone()], &zero_points[sets]);
        let quantizer = Quantizer::new(self.scheme).backend(backend);
        Ok(quantizer.dequantize_into(q, &[rows.len(), row_len], scales, zero_points, x)?)
    }
}

/// The scales and zero points of a weight, as many of each.
#[derive(Debug)]
pub struct Parameters {
    scales: Vec<f32>,
    zero_points: Vec<i32>,
}

/// How many bits each of the integers takes in rows of words.
fn packed_bits(packed: &[usize], shape: [usize; 2], of_config: Option<u8>) -> Result<u8> {
    let [rows, row_len] = shape;
    let fits = |bits: u8| {
        let words = row_len.checked_mul(bits.into()).map(|bits| bits.div_ceil(32));
        words.is_some_and(|words| packed == [rows, words])
    };
    let candidates: Vec<u8> = [2, 4, 8].into_iter().filter(|&bits| fits(bits)).collect();
    match (&candidates[..], of_config) {
        (fitting, Some(bits)) if fitting.contains(&bits) => Ok(bits),
        (&[bits], None) => Ok(bits),
        (_, Some(bits)) => Err(anyhow!(
            "{packed:?} words for the shape {shape:?} are not those of {bits} bits, which the config says"
        )),
        _ => Err(anyhow!(
            "{packed:?} words for the shape {shape:?} are not those of 2, 4 or 8 bits, or the config \
             does not say of which"
        )),
    }
}
