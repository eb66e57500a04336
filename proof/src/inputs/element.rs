//! Makes elements, for checks that are written once for all three types.

use absmax::{Element, reference};
use half::{bf16, f16};

use super::Value;

/// An element that can be made of numbers and of bits, without a function that kernels call.
///
/// ```
/// use absmax_proof::inputs::Input;
/// use half::f16;
///
/// assert_eq!(f16::of(1.0), f16::from_bits(0x3c00));
/// assert!(!<f16 as Input>::from_bits(f16::WILD[0]).is_finite());
/// ```
pub trait Input: Element + Value {
    /// The bits of infinities and NaN: both signs, quiet and signalling, the smallest payload and
    /// the largest.
    const WILD: [u32; 7];

    /// The element of these low bits.
    fn from_bits(bits: u32) -> Self;

    /// The nearest value of this type, by the reference.
    fn of(x: f32) -> Self {
        reference::narrow(x)
    }

    /// The value as binary32, by the reference.
    fn wide(self) -> f32 {
        reference::widen(self)
    }

    /// Whether the value is neither infinite nor NaN.
    fn is_finite(self) -> bool {
        self.wide().is_finite()
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
