//! Decides which tensors are quantized, and says why the others are not.

use safetensors::tensor::{Dtype, TensorInfo};

use crate::architecture::{Architecture, Found, Limit, ModuleKind, is_floating};
use crate::format::Tensor;
use crate::report::Reason;
use crate::scheme::ModulePattern;

/// The rules for one checkpoint.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) ignore: &'a [ModulePattern],
    pub(crate) architecture: &'a Architecture,
}

impl Rules<'_> {
    /// The shape [out, in] of a weight that is quantized, or why a tensor is kept.
    pub(crate) fn quantizes(&self, tensor: &Tensor) -> Result<[usize; 2], Reason> {
        let TensorInfo { dtype, shape, .. } = &tensor.info;
        if self.kind(tensor) == Some(ModuleKind::Experts) {
            return Err(Reason::Kind(ModuleKind::Experts));
        }
        let module = tensor.name.strip_suffix(".weight").ok_or(Reason::NotAWeight)?;
        let shape: [usize; 2] =
            shape[..].try_into().map_err(|_| Reason::Dimensions(shape.len()))?;
        if !is_floating(*dtype) {
            return Err(Reason::NotFloating);
        }
        if let Some(pattern) = self.ignored_by(module) {
            return Err(Reason::Ignored(pattern.to_string()));
        }
        if self.architecture.limit(module).is_some_and(Limit::is_kept) {
            return Err(Reason::Converted);
        }
        match self.architecture.find(module) {
            Found::Known(kind) if !kind.is_quantized() => return Err(Reason::Kind(kind)),
            Found::Guessed(kind, part) if !kind.is_quantized() => {
                return Err(part.map_or(Reason::Kind(kind), |p| Reason::NotLinear(p.to_owned())));
            }
            Found::Unknown => return Err(Reason::UnknownModule),
            Found::Known(_) | Found::Guessed(..) => {}
        }
        if !matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Err(Reason::UnsupportedDtype(dtype.to_string()));
        }
        if shape.contains(&0) {
            return Err(Reason::Empty);
        }
        Ok(shape)
    }

    /// What module a tensor belongs to, as far as that can be told.
    pub(crate) fn kind(&self, tensor: &Tensor) -> Option<ModuleKind> {
        // Stacked experts are parameters by their own names.
        if let Found::Known(kind) = self.architecture.find(&tensor.name) {
            return Some(kind);
        }
        if tensor.info.shape.len() == 3 && tensor.name.contains("experts") {
            return Some(ModuleKind::Experts);
        }
        let module = tensor.name.strip_suffix(".weight")?;
        match self.architecture.find(module) {
            Found::Known(kind) => Some(kind),
            Found::Guessed(kind, _) if tensor.info.shape.len() == 2 => Some(kind),
            Found::Guessed(..) | Found::Unknown => None,
        }
    }

    /// The pattern that asks to keep a module, by any name that it may have.
    fn ignored_by(&self, module: &str) -> Option<&ModulePattern> {
        if self.ignore.is_empty() {
            return None;
        }
        let names = self.architecture.names(module);
        self.ignore.iter().find(|pattern| names.iter().any(|name| pattern.matches(name)))
    }
}
