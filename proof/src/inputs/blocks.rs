//! The kinds of blocks that ggml has.

/// A kind of block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// 32 values in 34 bytes.
    Q8_0,
    /// 32 values in 36 bytes.
    Q8_1,
    /// 256 values in 292 bytes.
    Q8K,
}

impl Blocks {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Q8_0, Self::Q8_1, Self::Q8K];

    /// The number of values of a block.
    pub const fn values(self) -> usize {
        match self {
            Self::Q8_0 | Self::Q8_1 => 32,
            Self::Q8K => 256,
        }
    }

    /// The number of bytes of a block.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Q8_0 => 34,
            Self::Q8_1 => 36,
            Self::Q8K => 292,
        }
    }
}
