//! Decides which tensors are quantized, and says why the others are not.

use std::collections::BTreeSet;

use safetensors::tensor::{Dtype, TensorInfo};

use crate::architecture::{
    Architecture, Found, Limit, Looked, ModuleKind, is_floating, linear_like,
};
use crate::format::Tensor;
use crate::report::Reason;
use crate::scheme::ModulePattern;

/// The rules for one checkpoint.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) ignore: &'a [ModulePattern],
    pub(crate) architecture: &'a Architecture,
}

/// What is found of a tensor.
#[derive(Debug)]
pub(crate) struct Judged<T> {
    /// What module it belongs to, as far as that can be told.
    pub(crate) kind: Option<ModuleKind>,
    /// What keeps transformers from loading it in some schemes.
    pub(crate) limit: Option<Limit>,
    /// The module that loaders may take for a Linear because of it, or that has it for the weights
    /// of its experts.
    pub(crate) module: Option<Module>,
    /// What it becomes if it is quantized, or why it is kept.
    pub(crate) fate: Result<T, Reason>,
}

/// A module by its name on disk and by all names that loaders may have for it.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) names: BTreeSet<String>,
}

impl Rules<'_> {
    /// The shape [out, in] of a weight that is quantized, or why a tensor is kept.
    pub(crate) fn quantizes(&self, tensor: &Tensor) -> Result<[usize; 2], Reason> {
        self.judge(tensor).fate
    }

    /// What a tensor is, and the shape [out, in] of a weight that is quantized.
    pub(crate) fn judge(&self, tensor: &Tensor) -> Judged<[usize; 2]> {
        let Some(name) = linear_like(tensor) else { return self.judge_other(tensor) };
        let mut looked = self.architecture.look_up(name);
        let is_linear = matches!(looked.found, Found::Guessed(ModuleKind::Linear, _));
        if is_linear && self.architecture.is_of_words(name, tensor.info.shape[0]) {
            looked.found = Found::Guessed(ModuleKind::Head, None);
        }
        let module = Module::of(&looked);
        let fate = self.shape(tensor, &looked, &module);
        let kind = match looked.found {
            Found::Known(kind) | Found::Guessed(kind, _) => Some(kind),
            Found::Unknown => None,
        };
        Judged { kind, limit: looked.limit, module: Some(module), fate }
    }

    fn shape(
        &self,
        tensor: &Tensor,
        looked: &Looked<'_>,
        module: &Module,
    ) -> Result<[usize; 2], Reason> {
        let TensorInfo { dtype, shape, .. } = &tensor.info;
        let shape: [usize; 2] =
            shape[..].try_into().map_err(|_| Reason::Dimensions(shape.len()))?;
        self.refuse_ignored(module)?;
        if looked.limit.is_some_and(Limit::is_kept) {
            return Err(Reason::Converted);
        }
        match looked.found {
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

    /// What a tensor is that is no weight of two dimensions.
    fn judge_other(&self, tensor: &Tensor) -> Judged<[usize; 2]> {
        let TensorInfo { dtype, shape, .. } = &tensor.info;
        let (dimensions, weight) = (shape.len(), tensor.name.strip_suffix(".weight"));
        // Stacked experts are parameters by their own names.
        let own = self.architecture.look_up(&tensor.name);
        if dimensions == 2 && is_floating(*dtype) && own.limit == Some(Limit::Converted) {
            return self.judge_parameter(&own);
        }
        let looked = weight.map(|module| self.architecture.look_up(module));
        let of_weight = || match looked.as_ref()?.found {
            Found::Known(kind) => Some(kind),
            Found::Guessed(kind, _) if dimensions == 2 => Some(kind),
            Found::Guessed(..) | Found::Unknown => None,
        };
        let kind = match own.found {
            Found::Known(kind) => Some(kind),
            _ if dimensions == 3 && tensor.name.contains("experts") => Some(ModuleKind::Experts),
            _ => of_weight(),
        };
        let reason = match (kind, weight) {
            (Some(ModuleKind::Experts), _) => Reason::Kind(ModuleKind::Experts),
            (_, None) => Reason::NotAWeight,
            (_, Some(_)) if dimensions != 2 => Reason::Dimensions(dimensions),
            (_, Some(_)) => Reason::NotFloating,
        };
        let limit = looked.as_ref().and_then(|looked| looked.limit);
        let experts = tensor.name.rsplit_once('.').filter(|_| kind == Some(ModuleKind::Experts));
        let module = experts.map(|(module, _)| Module::of(&self.architecture.look_up(module)));
        // A loader makes a module of its weight, too, whatever its type.
        let of_integers = looked.as_ref().filter(|_| matches!(reason, Reason::NotFloating));
        let module = module.or_else(|| of_integers.map(Module::of));
        Judged { kind, limit, module, fate: Err(reason) }
    }

    /// A parameter of no module that could be quantized, of which transformers makes the weights of
    /// some that could.
    fn judge_parameter(&self, looked: &Looked<'_>) -> Judged<[usize; 2]> {
        let module = Module::of(looked);
        let reason = self.refuse_ignored(&module).err().unwrap_or(Reason::Converted);
        let kind = match looked.found {
            Found::Known(kind) => Some(kind),
            _ => None,
        };
        Judged { kind, limit: looked.limit, module: Some(module), fate: Err(reason) }
    }

    /// Finds the pattern that asks to keep a module, by any name that it may have.
    fn refuse_ignored(&self, module: &Module) -> Result<(), Reason> {
        match self.ignore.iter().find(|pattern| module.is_matched_by(pattern)) {
            Some(pattern) => Err(Reason::Ignored(pattern.to_string())),
            None => Ok(()),
        }
    }
}

impl Module {
    fn of(looked: &Looked<'_>) -> Self {
        Self { name: looked.name.to_owned(), names: looked.names() }
    }

    pub(crate) fn is_matched_by(&self, pattern: &ModulePattern) -> bool {
        self.names.iter().any(|name| pattern.matches(name))
    }
}
