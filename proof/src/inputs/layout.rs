//! The ways to pack integers.

use absmax::{Packing, Result};

/// A packing, as plain data.
#[derive(Clone, Copy, Debug)]
pub struct BitLayout {
    /// The number of bits of each integer.
    pub bits: u8,
    /// Whether every row starts a word of 32 bits.
    pub words: bool,
}

impl BitLayout {
    /// All layouts that there are.
    pub fn all() -> impl Iterator<Item = Self> {
        [2, 4, 8].into_iter().flat_map(|bits| [false, true].map(|words| Self { bits, words }))
    }

    /// The packing as the library has it.
    ///
    /// # Errors
    ///
    /// If integers of so many bits are not packed.
    pub fn packing(self) -> Result<Packing> {
        if self.words { Packing::words(self.bits) } else { Packing::bytes(self.bits) }
    }

    /// An integer's bits, all set.
    pub fn mask(self) -> i32 {
        (1 << self.bits) - 1
    }

    /// The bytes of so many integers in rows.
    pub fn len(self, integers: usize, row_len: usize) -> usize {
        let rows = integers.checked_div(row_len).unwrap_or(0);
        if self.words {
            rows * self.row_bits(row_len) / 8
        } else {
            self.bits_of(integers).div_ceil(8)
        }
    }

    /// The byte in which an integer is, and how many bits are below it there.
    pub fn place(self, index: usize, row_len: usize) -> (usize, u8) {
        let (row, column) = (index / row_len, index % row_len);
        let bit = row * self.row_bits(row_len) + self.bits_of(column);
        (bit / 8, (bit % 8) as u8)
    }

    /// Bits from the start of one row to the next.
    fn row_bits(self, row_len: usize) -> usize {
        let bits = self.bits_of(row_len);
        if self.words { bits.next_multiple_of(32) } else { bits }
    }

    fn bits_of(self, integers: usize) -> usize {
        integers * usize::from(self.bits)
    }
}
