//! architecture
pub mod loaders;
