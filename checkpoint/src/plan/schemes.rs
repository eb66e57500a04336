//! Decides by which scheme a weight is quantized.

use crate::format::Tensor;
use crate::scheme::{Override, WeightScheme};

/// One scheme for all, and others for some.
#[derive(Debug)]
pub(crate) struct Schemes<'a> {
    /// The scheme of weights that no override matches.
    pub(crate) default: WeightScheme,
    /// Schemes for some modules, of which the first that matches is taken.
    pub(crate) overrides: &'a [Override],
}

impl<'a> Schemes<'a> {
    pub(crate) fn of(&self, tensor: &Tensor) -> WeightScheme {
        self.overriding(tensor).map_or(self.default, |o| o.scheme)
    }

    /// The override that is taken for a tensor.
    pub(crate) fn overriding(&self, tensor: &Tensor) -> Option<&'a Override> {
        let module = tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name);
        self.overrides.iter().find(|o| o.modules.matches(module))
    }
}
