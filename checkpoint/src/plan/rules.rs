//! Decides which tensors are quantized, and says why the others are not.

use safetensors::tensor::{Dtype, TensorInfo};

use crate::architecture::{Module, is_floating};
use crate::format::Tensor;
use crate::report::Reason;
use crate::scheme::ModulePattern;

/// The rules for one checkpoint.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) ignore: &'a [ModulePattern],
    pub(crate) has_conv1d: bool,
}

impl Rules<'_> {
    /// The shape [out, in] of a weight that is quantized, or why a tensor is kept.
    pub(crate) fn quantizes(&self, tensor: &Tensor) -> Result<[usize; 2], Reason> {
        let TensorInfo { dtype, shape, .. } = &tensor.info;
        let module = tensor.name.strip_suffix(".weight").ok_or(Reason::NotAWeight)?;
        let shape: [usize; 2] =
            shape[..].try_into().map_err(|_| Reason::Dimensions(shape.len()))?;
        if !is_floating(*dtype) {
            return Err(Reason::NotFloating);
        }
        if let Some(pattern) = self.ignore.iter().find(|pattern| pattern.matches(module)) {
            return Err(Reason::Ignored(pattern.to_string()));
        }
        match Module::of(module, self.has_conv1d) {
            Module::Linear => {}
            Module::Other(part) => return Err(Reason::NotLinear(part.to_owned())),
            Module::Conv1d => return Err(Reason::Conv1d),
        }
        if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Err(Reason::UnsupportedDtype(dtype.to_string()));
        }
        if shape.contains(&0) {
            return Err(Reason::Empty);
        }
        Ok(shape)
    }
}
