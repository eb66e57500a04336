//! The integers that values are quantized to: signed and unsigned bytes.

use core::fmt::Debug;

use crate::simd::{LANES, Simd};

/// An integer that values are quantized to: [`i8`] or [`u8`]. Integers of fewer than eight bits
/// also take one byte each until they are [packed](crate::Packing). The trait is sealed.
///
/// ```
/// use absmax::Integer;
///
/// assert_eq!((i8::NAME, i8::MIN, i8::MAX), ("i8", -128, 127));
/// assert_eq!(200u8.to_i32(), 200);
/// ```
pub trait Integer: sealed::Sealed + Copy + Debug + Eq + Send + Sync + 'static {
    /// The name of the type: `"i8"` or `"u8"`.
    const NAME: &'static str;
    /// The least value.
    const MIN: i32;
    /// The largest value.
    const MAX: i32;

    /// The value as `i32`, which is exact.
    fn to_i32(self) -> i32;
}

/// What kernels need to know of an integer.
pub(crate) mod sealed {
    use crate::simd::{LANES, Simd};

    pub trait Sealed: bytemuck::Pod {
        /// Whether the type is [`u8`]. For a [`u8`], kernels compute the [`i8`] that is 128 less,
        /// which has the same bits except for the first.
        const UNSIGNED: bool;

        /// Loads sixteen values as binary32, which is exact.
        fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32;
    }
}

macro_rules! integer {
    ($type:ident, unsigned = $unsigned:literal, $load:ident) => {
        impl Integer for $type {
            const NAME: &'static str = stringify!($type);
            const MIN: i32 = $type::MIN as i32;
            const MAX: i32 = $type::MAX as i32;

            #[inline]
            fn to_i32(self) -> i32 {
                self.into()
            }
        }

        impl sealed::Sealed for $type {
            const UNSIGNED: bool = $unsigned;

            #[inline(always)]
            fn load<S: Simd>(s: S, src: &[Self; LANES]) -> S::F32 {
                s.$load(src)
            }
        }
    };
}

integer!(i8, unsigned = false, load_i8);
integer!(u8, unsigned = true, load_u8);
