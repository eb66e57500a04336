//! What should have been written, by the scalar reference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use absmax::{Element, QuantParams, ScaleType, Scheme, reference};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::Tensor;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Granularity {
    Channel,
    Tensor,
}

/// All tensors of one file.
pub(crate) fn read_file(path: &Path) -> BTreeMap<String, Tensor> {
    let bytes = fs::read(path).unwrap();
    let (header, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(header % 8, 0, "{}: the data are not aligned", path.display());
    let format = metadata.metadata().as_ref().and_then(|metadata| metadata.get("format").cloned());
    assert!(format.is_none_or(|format| format == "pt"));
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors().into_iter().map(|(name, view)| {
        let (dtype, shape) = (view.dtype(), view.shape().to_vec());
        (name, Tensor { dtype, shape, bytes: view.data().to_vec() })
    });
    tensors.collect()
}

/// All tensors of a directory's safetensors files.
pub(crate) fn read_model(directory: &Path) -> BTreeMap<String, Tensor> {
    let mut tensors = BTreeMap::new();
    for name in listing(directory) {
        if name.ends_with(".safetensors") && !name.contains('/') {
            tensors.extend(read_file(&directory.join(name)));
        }
    }
    tensors
}

/// The paths of all files below a directory, hidden ones too, sorted.
pub(crate) fn listing(directory: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            names.extend(listing(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// `after` is `before` with the weights of these modules quantized, and nothing else.
#[track_caller]
pub(crate) fn expect_quantized(
    before: &BTreeMap<String, Tensor>,
    after: &BTreeMap<String, Tensor>,
    modules: &[&str],
    granularity: Granularity,
) {
    let mut expected = before.clone();
    for module in modules {
        let name = format!("{module}.weight");
        let weight = &before[&name];
        let (q, scales) = match weight.dtype {
            Dtype::F32 => reference_of::<f32>(weight, granularity, ScaleType::F32),
            Dtype::F16 => reference_of::<f16>(weight, granularity, ScaleType::F16),
            Dtype::BF16 => reference_of::<bf16>(weight, granularity, ScaleType::Bf16),
            other => panic!("{other} weights"),
        };
        expected.insert(format!("{name}_scale"), scales);
        expected.insert(name, q);
    }
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        expected.keys().collect::<Vec<_>>(),
        "the tensors' names"
    );
    for (name, tensor) in after {
        let expected = &expected[name];
        assert_eq!((tensor.dtype, &tensor.shape), (expected.dtype, &expected.shape), "{name}");
        let difference = tensor.bytes.iter().zip(&expected.bytes).position(|(a, b)| a != b);
        assert_eq!(difference, None, "first differing byte of {name}");
    }
}

fn reference_of<T: Element + bytemuck::Pod>(
    weight: &Tensor,
    granularity: Granularity,
    scale_type: ScaleType,
) -> (Tensor, Tensor) {
    let x: Vec<T> = bytemuck::allocation::pod_collect_to_vec(&weight.bytes);
    let (rows, width) = (weight.shape[0], weight.shape[1]);
    let (channel, shape) = match granularity {
        Granularity::Channel => (width, vec![rows, 1]),
        Granularity::Tensor => (x.len(), vec![1]),
    };
    let (mut q, mut scales) = (Vec::new(), Vec::new());
    for values in x.chunks(channel) {
        let abs_max = reference::abs_max(values);
        let scheme = Scheme::int8().with_scale_type(scale_type);
        let (scale, _) = reference::choose(-abs_max, abs_max, scheme);
        let params = QuantParams::symmetric(scale).unwrap();
        scales.push(scale);
        q.extend(values.iter().map(|&x| reference::quantize_one(x, params) as u8));
    }
    let q = Tensor { dtype: Dtype::I8, shape: weight.shape.clone(), bytes: q };
    (q, Tensor::of(weight.dtype, &shape, scales))
}
