//! Knows what the modules of a model are, and what its loaders need.

mod by_name;
mod kind;
mod known;
mod limit;
mod loaders;
mod model;
mod names;
mod part;
mod renames;
mod table;
mod tensor;

pub use kind::ModuleKind;
pub(crate) use limit::Limit;
pub(crate) use loaders::warnings;
pub(crate) use model::{Architecture, Found, Looked};
pub(crate) use names::{exact, with_any_index, write_without_numbers};
pub(crate) use part::Part;
pub(crate) use tensor::{is_floating, is_narrow_float, linear_like};
