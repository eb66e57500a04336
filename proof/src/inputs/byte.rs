//! Makes integers, for checks that are written once for both types.

use absmax::{Integer, Integers, StoredZeroPoint};

use super::Value;

/// The zero point, and the least and the largest integer in use.
pub type Kind = (i32, i32, i32);

/// An integer that can be made of numbers.
pub trait Byte: Integer + StoredZeroPoint + Value + Default {
    /// Kinds of parameters: all integers or those of so many bits, symmetric or with the zero point
    /// at either end or in between, and ranges that no scheme has.
    const KINDS: &[Kind];

    /// The value, without a function that kernels call.
    fn as_i32(self) -> i32;

    /// The lowest eight bits.
    fn from_i32(q: i32) -> Self;

    /// The integers as the library has them.
    fn integers(q: Vec<Self>) -> Integers;
}

impl Byte for i8 {
    const KINDS: &[Kind] = &[
        (0, -127, 127),
        (0, -128, 127),
        (-128, -128, 127),
        (127, -128, 127),
        (-37, -128, 127),
        (1, -127, 127),
        (0, -63, 63),
        (63, -64, 63),
        (0, -32, 31),
        (-32, -32, 31),
        (0, -15, 15),
        (-5, -16, 15),
        (0, -8, 7),
        (0, -7, 7),
        (7, -8, 7),
        (0, -4, 3),
        (-4, -4, 3),
        (0, -2, 1),
        (0, -1, 1),
        (-2, -2, 1),
        (50, 10, 90),
        (-128, -128, -127),
    ];

    fn as_i32(self) -> i32 {
        self.into()
    }

    fn from_i32(q: i32) -> Self {
        q as Self
    }

    fn integers(q: Vec<Self>) -> Integers {
        Integers::I8(q)
    }
}

impl Byte for u8 {
    const KINDS: &[Kind] = &[
        (0, 0, 255),
        (128, 0, 255),
        (255, 0, 255),
        (131, 0, 255),
        (127, 0, 255),
        (1, 1, 255),
        (64, 0, 127),
        (0, 0, 127),
        (63, 0, 63),
        (31, 0, 31),
        (7, 0, 15),
        (0, 0, 15),
        (15, 0, 15),
        (3, 0, 7),
        (0, 0, 3),
        (3, 0, 3),
        (200, 180, 220),
        (255, 254, 255),
    ];

    fn as_i32(self) -> i32 {
        self.into()
    }

    fn from_i32(q: i32) -> Self {
        q as Self
    }

    fn integers(q: Vec<Self>) -> Integers {
        Integers::U8(q)
    }
}
