//! The schemes of weights as users say them: plain data that have a text.

mod clip;
mod experts;
mod granularity;
mod invalid;
mod module_pattern;
mod on_ragged;
mod on_unloadable;
mod overrides;
mod python_pattern;
mod text;
mod weight_scheme;

pub use clip::Clip;
pub use experts::Experts;
pub use granularity::Granularity;
pub use invalid::InvalidOption;
pub use module_pattern::ModulePattern;
pub use on_ragged::OnRagged;
pub use on_unloadable::OnUnloadable;
pub use overrides::Override;
pub use weight_scheme::{Choices, SchemeName, WeightScheme};
