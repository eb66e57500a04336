//! Knows what the modules of a model are, and what its loaders need.

mod linear;
mod loaders;
mod tied_heads;

pub(crate) use linear::{Module, has_conv1d, is_floating, is_narrow_float, linear_like};
pub(crate) use loaders::warnings;
pub(crate) use tied_heads::tied_heads;
