//! Parameters in every type that they may be stored in.

use absmax::{Params, ScaleType};
use half::{bf16, f16};

use crate::expected::Quantized;
use crate::inputs::{Byte, Stored};

/// Parameters in the types that they may be stored in.
pub(super) struct Buffers<Q> {
    pub(super) f16: Vec<f16>,
    pub(super) bf16: Vec<bf16>,
    pub(super) narrow: Vec<Q>,
}

impl<Q: Byte> Buffers<Q> {
    pub(super) fn like(scales: &[f32], zero_points: &[i32]) -> Self {
        Self {
            f16: scales.iter().map(|&scale| f16::from_f32(scale)).collect(),
            bf16: scales.iter().map(|&scale| bf16::from_f32(scale)).collect(),
            narrow: zero_points.iter().map(|&zero_point| Q::from_i32(zero_point)).collect(),
        }
    }

    pub(super) fn of(quantized: &Quantized<Q>) -> Self {
        Self::like(&quantized.scales, &quantized.zero_points)
    }

    pub(super) fn params<'a>(&'a self, of: &'a Quantized<Q>, stored: Stored) -> Params<'a> {
        let params = match stored.scales {
            ScaleType::F32 => Params::new(&of.scales),
            ScaleType::F16 => Params::new(&self.f16),
            ScaleType::Bf16 => Params::new(&self.bf16),
        };
        if stored.narrow_zero_points {
            params.with_zero_points(&self.narrow)
        } else {
            params.with_zero_points(&of.zero_points)
        }
    }

    pub(super) fn widen(self, stored: Stored, scales: &mut [f32], zero_points: &mut [i32]) {
        match stored.scales {
            ScaleType::F32 => {}
            ScaleType::F16 => scales.iter_mut().zip(self.f16).for_each(|(s, h)| *s = h.to_f32()),
            ScaleType::Bf16 => scales.iter_mut().zip(self.bf16).for_each(|(s, b)| *s = b.to_f32()),
        }
        if stored.narrow_zero_points {
            zero_points.iter_mut().zip(self.narrow).for_each(|(z, narrow)| *z = narrow.as_i32());
        }
    }
}
