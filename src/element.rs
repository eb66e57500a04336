//! The types that can be quantized: binary32, binary16 and bfloat16.

use core::fmt::Debug;

use half::{bf16, f16};

use crate::environment::in_default;

/// A floating-point type that can be quantized: [`f32`], [`half::f16`] or [`half::bf16`].
///
/// The narrow types are widened to binary32, exactly, and then treated alike:
/// `quantize(x) == quantize(widened x)` to the bit. The trait is sealed.
///
/// ```
/// use absmax::Element;
/// use half::{bf16, f16};
///
/// assert_eq!(f16::from_f32(0.1).to_f32(), 0.099975586);
/// assert_eq!(bf16::from_f32(0.1).to_f32(), 0.100097656);
/// ```
pub trait Element: sealed::Sealed + Copy + Debug + Send + Sync + 'static {
    /// The name of the type: `"f32"`, `"f16"` or `"bf16"`.
    const NAME: &'static str;

    /// The value as binary32, which is exact.
    fn to_f32(self) -> f32;

    /// The value of this type that is nearest to `x`, and the even one of two that are equally
    /// near.
    fn from_f32(x: f32) -> Self;
}

/// What the crate needs to know of an element.
pub(crate) mod sealed {
    use crate::dispatch::Compiled;
    use crate::simd::Value;

    pub trait Sealed: Value + Compiled {
        /// Sixteen bits that tell which bin of a histogram the value is in. Read as sign and
        /// magnitude, they are ordered like the values.
        fn code(self) -> u16;

        /// A value with that [`Sealed::code`].
        fn of_code(code: u16) -> f32;
    }
}

impl Element for f32 {
    const NAME: &'static str = "f32";

    #[inline]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline]
    fn from_f32(x: f32) -> Self {
        x
    }
}

impl sealed::Sealed for f32 {
    #[inline(always)]
    fn code(self) -> u16 {
        // The sum of either zero and +0 is +0.
        ((self + 0.0).to_bits() >> 16) as u16
    }

    #[inline(always)]
    fn of_code(code: u16) -> f32 {
        // This is the last number of the bin. The first may be -0, which is not in the bin.
        Self::from_bits(u32::from(code) << 16 | 0xffff)
    }
}

macro_rules! sixteen_bits {
    ($type:ident) => {
        impl Element for $type {
            const NAME: &'static str = stringify!($type);

            #[inline]
            fn to_f32(self) -> f32 {
                in_default(self, $type::to_f32)
            }

            #[inline]
            fn from_f32(x: f32) -> Self {
                in_default(x, $type::from_f32)
            }
        }

        impl sealed::Sealed for $type {
            #[inline(always)]
            fn code(self) -> u16 {
                self.to_bits()
            }

            #[inline(always)]
            fn of_code(code: u16) -> f32 {
                $type::from_bits(code).to_f32()
            }
        }
    };
}

sixteen_bits!(f16);
sixteen_bits!(bf16);
