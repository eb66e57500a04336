//! Tensors and safetensors files.

use fastrand::Rng;
use half::{bf16, f16};
use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

impl Tensor {
    /// Values of both signs and of very different sizes, some of them zero, and a row of zeros. The
    /// values differ with the shape.
    pub(crate) fn random(dtype: Dtype, shape: &[usize]) -> Self {
        let count: usize = shape.iter().product();
        let width = shape.last().copied().unwrap_or(1);
        let mut rng = Rng::with_seed((count * 31 + width) as u64);
        let values = (0..count).map(|i| match i / width.max(1) % 7 {
            5 => 0.0,
            row => (rng.f32() * 2.0 - 1.0) * 0.1_f32.powi(row as i32 - 1) * rng.f32().powi(4),
        });
        Self::of(dtype, shape, values)
    }

    /// Values rounded to the dtype, which is F64, F32, F16 or BF16.
    pub(crate) fn of(dtype: Dtype, shape: &[usize], values: impl IntoIterator<Item = f32>) -> Self {
        let bytes = values.into_iter().flat_map(|x| match dtype {
            Dtype::F64 => f64::from(x).to_le_bytes().to_vec(),
            Dtype::F32 => x.to_le_bytes().to_vec(),
            Dtype::F16 => f16::from_f32(x).to_le_bytes().to_vec(),
            Dtype::BF16 => bf16::from_f32(x).to_le_bytes().to_vec(),
            other => panic!("{other} values"),
        });
        Self { dtype, shape: shape.to_vec(), bytes: bytes.collect() }
    }

    /// Of any dtype.
    pub(crate) fn zeros(dtype: Dtype, shape: &[usize]) -> Self {
        let bits = shape.iter().product::<usize>() * dtype.bitsize();
        Self { dtype, shape: shape.to_vec(), bytes: vec![0; bits / 8] }
    }

    /// Changes one value.
    pub(crate) fn with(mut self, index: usize, value: f32) -> Self {
        let one = Self::of(self.dtype, &[1], [value]).bytes;
        self.bytes[index * one.len()..][..one.len()].copy_from_slice(&one);
        self
    }
}

/// A valid file, written by the safetensors library.
pub(crate) fn safetensors_file(tensors: &[(&str, Tensor)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, tensor)| {
        (*name, TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).unwrap())
    });
    serialize(views, Some([("made_by".to_owned(), "a test".to_owned())].into())).unwrap()
}

/// A file of any header and data, valid or not.
pub(crate) fn raw_file(header: &Value, data: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}
