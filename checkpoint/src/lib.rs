//! Quantizes, dequantizes, compares and inspects checkpoints.
#![allow(missing_docs)]

pub mod architecture;
pub mod format;
pub mod inspect;
pub mod interrupt;
pub mod plan;
pub mod quantize;
pub mod read;
pub mod scheme;
pub mod source;
pub mod sweep;
pub mod write;
