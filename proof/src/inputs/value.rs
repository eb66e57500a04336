//! What kernels read and write, and when two values are the same.

use half::{bf16, f16};

/// Something that a kernel reads or writes.
///
/// ```
/// use absmax_proof::inputs::Value;
///
/// assert!(!0.0f32.is_same(-0.0));
/// assert!(f32::NAN.is_same(f32::NAN));
/// assert_eq!(1.0f32.hex(), "0x3f800000");
/// ```
pub trait Value: Copy {
    /// The name of the type.
    const TYPE: &'static str;

    /// What buffers hold before a kernel writes to them.
    const UNTOUCHED: Self;

    /// Whether all bits are equal.
    fn is_same(self, other: Self) -> bool;

    /// Whether all bits of two slices are equal, at the speed of memory.
    fn are_same(a: &[Self], b: &[Self]) -> bool {
        // There is no early exit, so that the compiler makes vectors of the loop.
        let differing = a.iter().zip(b).filter(|(a, b)| !a.is_same(**b)).count();
        a.len() == b.len() && differing == 0
    }

    /// The bits, in hexadecimal, for the reader.
    fn hex(self) -> String;

    /// The number, for the reader.
    fn number(self) -> String;

    /// The value as text that tells it from any other, for the reader.
    fn text(self) -> String;
}

macro_rules! integer {
    ($type:ident, $untouched:expr) => {
        impl Value for $type {
            const TYPE: &'static str = stringify!($type);
            const UNTOUCHED: Self = $untouched;

            fn is_same(self, other: Self) -> bool {
                self == other
            }

            fn hex(self) -> String {
                format!("{:#0width$x}", self, width = 2 + 2 * size_of::<Self>())
            }

            fn number(self) -> String {
                self.to_string()
            }

            fn text(self) -> String {
                self.number()
            }
        }
    };
}

integer!(i8, 0x55);
integer!(u8, 0x55);
integer!(i32, 0x5555_5555);

macro_rules! float {
    ($type:ident, $untouched:literal) => {
        impl Value for $type {
            const TYPE: &'static str = stringify!($type);
            const UNTOUCHED: Self = Self::from_bits($untouched);

            fn is_same(self, other: Self) -> bool {
                self.to_bits() == other.to_bits()
            }

            fn hex(self) -> String {
                format!("{:#0width$x}", self.to_bits(), width = 2 + 2 * size_of::<Self>())
            }

            fn number(self) -> String {
                format!("{self:?}")
            }

            fn text(self) -> String {
                format!("{} ({self:?})", self.hex())
            }
        }
    };
}

// The untouched value of each type is a NaN that no kernel makes.
float!(f32, 0x7fc5_5555);
float!(f16, 0x7e55);
float!(bf16, 0x7fd5);
