//! Knows where tensors lie, and reads them from there.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use bytemuck::{AnyBitPattern, NoUninit, cast_slice, cast_slice_mut};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use crate::control::Control;
use crate::error::{Error, IoContext as _, Result};
use crate::format::{Tensor, read_exact_at};
use crate::source::{Checkpoint, Shard};

/// Where a tensor of a file lies.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    /// The index of its file among the checkpoint's.
    pub(crate) shard: usize,
    pub(crate) from: u64,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
}

impl Place {
    /// The place of a tensor in the checkpoint's file number `index`.
    pub(crate) fn of(index: usize, shard: &Shard, tensor: &Tensor) -> Self {
        let TensorInfo { dtype, ref shape, data_offsets: (begin, _) } = tensor.info;
        let (from, shape) = (shard.header.data_start + begin as u64, shape.clone());
        Self { name: tensor.name.clone(), shard: index, from, dtype, shape }
    }

    /// Bytes of the tensor.
    pub(crate) fn len(&self) -> u64 {
        (self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8) as u64
    }
}

/// A checkpoint's files of tensors.
#[derive(Debug)]
pub(crate) struct Files(Vec<(PathBuf, File)>);

impl Files {
    pub(crate) fn open(checkpoint: &Checkpoint) -> Result<Self> {
        let files = checkpoint
            .shards
            .iter()
            .map(|Shard { path, .. }| Ok((path.clone(), File::open(path).cannot("read", path)?)));
        Ok(Self(files.collect::<Result<_>>()?))
    }

    /// The bytes of a small tensor.
    pub(crate) fn bytes(&self, control: &Control<'_>, place: &Place) -> Result<Vec<u8>> {
        let mut bytes = vec![0; place.len() as usize];
        let (_, file) = &self.0[place.shard];
        let read = read_exact_at(control, file, &mut bytes, place.from)?;
        read.map_err(|source| self.cannot_read(place, source))?;
        Ok(bytes)
    }

    /// Reads some elements of a tensor, and adds their bytes to the progress.
    pub(crate) fn read<'b, T: AnyBitPattern + NoUninit>(
        &self,
        control: &Control<'_>,
        place: &Place,
        elements: Range<usize>,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let bytes = elements.len() * size_of::<T>();
        words.resize(bytes.div_ceil(size_of::<u32>()), 0);
        let buffer: &mut [u8] = &mut cast_slice_mut(words)[..bytes];
        let from = place.from + (elements.start * size_of::<T>()) as u64;
        let (_, file) = &self.0[place.shard];
        let read = read_exact_at(control, file, buffer, from)?;
        read.map_err(|source| self.cannot_read(place, source))?;
        control.advance(bytes as u64);
        if cfg!(target_endian = "big") {
            buffer.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
        }
        Ok(cast_slice(buffer))
    }

    fn cannot_read(&self, place: &Place, source: io::Error) -> Error {
        let (path, _) = &self.0[place.shard];
        Error::ReadTensor { tensor: place.name.clone(), path: path.clone(), source }
    }
}
