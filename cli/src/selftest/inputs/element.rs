//! Making elements, for checks that are written once for all three types.

use absmax::Element;
use half::{bf16, f16};

use crate::selftest::compare::Value;

/// An element that can be made of numbers and of bits.
pub(in crate::selftest) trait Input: Element + Value {
    /// The bits of infinities and NaN: both signs, quiet and signalling, the smallest payload and
    /// the largest.
    const WILD: [u32; 7];

    /// From the low bits.
    fn from_bits(bits: u32) -> Self;

    /// Whether it is neither infinite nor NaN.
    fn is_finite(self) -> bool {
        self.to_f32().is_finite()
    }
}

impl Input for f32 {
    const WILD: [u32; 7] =
        [0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xff80_0001, 0x7fff_ffff];

    fn from_bits(bits: u32) -> Self {
        Self::from_bits(bits)
    }
}

impl Input for f16 {
    const WILD: [u32; 7] = [0x7c00, 0xfc00, 0x7e00, 0xfe00, 0x7c01, 0xfc01, 0x7fff];

    fn from_bits(bits: u32) -> Self {
        Self::from_bits(bits as u16)
    }
}

impl Input for bf16 {
    const WILD: [u32; 7] = [0x7f80, 0xff80, 0x7fc0, 0xffc0, 0x7f81, 0xff81, 0x7fff];

    fn from_bits(bits: u32) -> Self {
        Self::from_bits(bits as u16)
    }
}
