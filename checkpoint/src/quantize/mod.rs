//! quantize
pub mod report;
pub mod shard;
pub mod weight;
