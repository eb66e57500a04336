//! The scales and zero points of a weight.

use half::{bf16, f16};
use safetensors::Dtype;

use super::place::{Files, Place};
use crate::control::Control;
use crate::error::Result;

/// The scales and zero points of a weight, as many of each; of FP8, scales alone.
#[derive(Debug)]
pub(crate) struct Parameters {
    pub(super) scales: Vec<f32>,
    pub(super) zero_points: Vec<i32>,
}

/// Whether scales of this type can be read.
pub(super) fn has_known_scales(scale: &Place) -> bool {
    matches!(scale.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// Reads scales, widened to binary32.
pub(super) fn scales(control: &Control<'_>, files: &Files, scale: &Place) -> Result<Vec<f32>> {
    let bytes = files.bytes(control, scale)?;
    let pairs = bytes.as_chunks().0.iter().map(|&pair| u16::from_le_bytes(pair));
    Ok(match scale.dtype {
        Dtype::F16 => pairs.map(|bits| f16::from_bits(bits).to_f32()).collect(),
        Dtype::BF16 => pairs.map(|bits| bf16::from_bits(bits).to_f32()).collect(),
        _ => bytes.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect(),
    })
}
