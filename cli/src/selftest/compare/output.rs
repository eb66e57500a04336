//! What kernels write, and when two of them are the same.

/// Something that a kernel writes.
pub(in crate::selftest) trait Output: Copy {
    /// What buffers hold before a kernel writes to them.
    const UNTOUCHED: Self;

    /// Whether all bits are equal.
    fn is_same(self, other: Self) -> bool;

    /// The same of slices, at the speed of memory.
    fn are_same(a: &[Self], b: &[Self]) -> bool;

    /// For the reader.
    fn text(self) -> String;
}

impl Output for i8 {
    const UNTOUCHED: Self = 0x55;

    fn is_same(self, other: Self) -> bool {
        self == other
    }

    fn are_same(a: &[Self], b: &[Self]) -> bool {
        a == b
    }

    fn text(self) -> String {
        self.to_string()
    }
}

impl Output for f32 {
    const UNTOUCHED: Self = Self::from_bits(0x7fc5_5555);

    fn is_same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }

    fn are_same(a: &[Self], b: &[Self]) -> bool {
        // No early end: the compiler makes vectors of it.
        let differing = a.iter().zip(b).filter(|(a, b)| !a.is_same(**b)).count();
        a.len() == b.len() && differing == 0
    }

    fn text(self) -> String {
        format!("{:#010x} ({self:?})", self.to_bits())
    }
}
