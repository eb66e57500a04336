//! scheme
pub mod clip;
pub mod module_pattern;
pub mod overrides;
pub mod weight_scheme;
