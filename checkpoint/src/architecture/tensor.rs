//! Tells what tensors may be weights of linear layers.

use safetensors::Dtype;

use crate::format::Tensor;

/// The module that a loader may take for a Linear because of this tensor.
pub(crate) fn linear_like(tensor: &Tensor) -> Option<&str> {
    let module = tensor.name.strip_suffix(".weight")?;
    (tensor.info.shape.len() == 2 && is_floating(tensor.info.dtype)).then_some(module)
}

pub(crate) fn is_floating(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16) || is_narrow_float(dtype)
}

pub(crate) fn is_narrow_float(dtype: Dtype) -> bool {
    use Dtype::*;
    matches!(
        dtype,
        F4 | F6_E2M3 | F6_E3M2 | F8_E5M2 | F8_E4M3 | F8_E8M0 | F8_E4M3FNUZ | F8_E5M2FNUZ
    )
}
