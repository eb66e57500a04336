//! The types that scales are stored in.

use core::fmt;

use half::{bf16, f16};

use crate::environment::in_default;

/// The type that scales will be stored in. The scale is rounded to this type first. The values are
/// quantized by the rounded scale, because dequantizing multiplies by that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum ScaleType {
    /// binary32: nothing is rounded.
    #[default]
    F32,
    /// binary16: scales from 2^-14 up are rounded to nearest even. Smaller scales are rounded up to
    /// the next subnormal, so that a scale is neither lost nor made too small for its data.
    F16,
    /// bfloat16: scales are rounded to nearest even.
    Bf16,
}

impl ScaleType {
    /// `scale` rounded to this type; infinity if it overflows.
    ///
    /// ```
    /// use absmax::ScaleType;
    ///
    /// assert_eq!(ScaleType::Bf16.round(0.1), 0.100097656);
    /// assert_eq!(ScaleType::F16.round(1e-9), 2f32.powi(-24)); // up to the least subnormal
    /// assert_eq!(ScaleType::F16.round(1e6), f32::INFINITY);
    /// ```
    pub fn round(self, scale: f32) -> f32 {
        in_default(scale, |scale| self.rounded(scale))
    }

    /// [`ScaleType::round`] in the default environment.
    pub(crate) fn rounded(self, scale: f32) -> f32 {
        const SMALLEST_NORMAL: f32 = f16::MIN_POSITIVE.to_f32_const();
        const SUBNORMALS_PER_UNIT: f32 = (1 << 24) as f32;
        match self {
            Self::F32 => scale,
            Self::Bf16 => bf16::from_f32(scale).to_f32(),
            Self::F16 if 0.0 < scale && scale < SMALLEST_NORMAL => {
                // The product is below 1024, and scaling by a power of two is exact. So is the way
                // back.
                let units = scale * SUBNORMALS_PER_UNIT;
                let whole = units as u16;
                let up = whole + u16::from(f32::from(whole) < units);
                f32::from(up) / SUBNORMALS_PER_UNIT
            }
            Self::F16 => f16::from_f32(scale).to_f32(),
        }
    }
}

impl fmt::Display for ScaleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}
