//! inspect
pub mod quantization;
pub mod statistics;
