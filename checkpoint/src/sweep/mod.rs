//! sweep
pub mod candidate;
