//! The conversions of one number, wrong on purpose.

use absmax::{QuantParams, Result, ScaleType, Scheme};

use crate::expected;
use crate::inputs::Input;

/// Takes subnormal numbers for zeros.
pub(crate) fn widen<T: Input>(x: T) -> f32 {
    let x = x.wide();
    if x.is_normal() && x.abs() >= 1.0 / 16_384.0 || !x.is_finite() { x } else { 0.0 }
}

/// Rounds away from zero what lies halfway.
pub(crate) fn narrow<T: Input>(x: f32) -> T {
    if x.is_finite() { T::of(f32::from_bits(x.to_bits() | 1)) } else { T::of(x) }
}

/// Always rounds to the nearest, so that a scale below the least normal f16 may be lost.
pub(crate) fn round(scale: f32, scale_type: ScaleType) -> f32 {
    match scale_type {
        ScaleType::F16 => half::f16::of(scale).wide(),
        ScaleType::Bf16 => half::bf16::of(scale).wide(),
        ScaleType::F32 => scale,
    }
}

/// Computes the zero point from the largest value, not from the least.
pub(crate) fn params(scheme: Scheme, min: f32, max: f32) -> Result<QuantParams> {
    let right = expected::params(scheme, min, max)?;
    let (scale, qmin, qmax) = (right.scale(), right.qmin(), right.qmax());
    let zero_point = (qmax as f32 - max / scale).round_ties_even() as i32;
    QuantParams::new(scale, zero_point.clamp(qmin, qmax), qmin..=qmax)
}
