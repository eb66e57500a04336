//! Decides by which scheme a weight is quantized.

use crate::architecture::Architecture;
use crate::format::Tensor;
use crate::scheme::{Override, WeightScheme};

/// One scheme for all, and others for some.
#[derive(Debug)]
pub(crate) struct Schemes<'a> {
    /// The scheme of weights that no override matches.
    pub(crate) default: WeightScheme,
    /// Schemes for some modules, of which the first that matches is taken.
    pub(crate) overrides: &'a [Override],
    pub(crate) architecture: &'a Architecture,
}

impl<'a> Schemes<'a> {
    pub(crate) fn of(&self, tensor: &Tensor) -> WeightScheme {
        self.overriding(tensor).map_or(self.default, |o| o.scheme)
    }

    /// The override that is taken for a tensor.
    pub(crate) fn overriding(&self, tensor: &Tensor) -> Option<&'a Override> {
        if self.overrides.is_empty() {
            return None;
        }
        let module = tensor.name.strip_suffix(".weight").unwrap_or(&tensor.name);
        let names = self.architecture.names(module);
        self.overrides.iter().find(|o| names.iter().any(|name| o.modules.matches(name)))
    }
}
