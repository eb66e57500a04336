//! plan
pub mod plan;
pub mod rules;
