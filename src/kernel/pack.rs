//! Packs integers of 2, 4 or 8 bits, and unpacks them. A byte holds four, two or one of them, the
//! first in the lowest bits.
//!
//! The code is plain loops, which become vectors of the instruction set inside [`Simd::run`]. Two
//! bytes are taken as a 16-bit number and four bytes as a 32-bit number, and shifts move their low
//! bits together. (Loops over blocks are unrolled first, and then stay scalar on some instruction
//! sets.)

use crate::simd::{Kernel, Simd};

/// How an integer of b bits becomes b bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// An unsigned integer keeps its bits.
    Plain,
    /// A signed integer is stored as its lowest bits.
    TwosComplement,
    /// A signed integer is stored with 2^(b-1) added.
    Offset,
}

/// Packs `q` into `packed`, which has just the bytes that are needed. Unused bits of the last byte
/// are 0.
pub(crate) struct Pack<'a> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// The number of bits of an integer: 2, 4 or 8.
    pub(crate) bits: u8,
    pub(crate) coding: Coding,
    pub(crate) packed: &'a mut [u8],
}

impl Kernel for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, _s: S) {
        let Self { q, bits, coding, packed } = self;
        let q: &[u8] = bytemuck::must_cast_slice(q);
        // Modulo 2^b, adding 2^(b-1) flips the first bit. `flip` below has that bit of every
        // integer in a byte.
        let first_bit = if coding == Coding::Offset { 1u8 << (bits - 1) } else { 0 };
        match bits {
            2 => {
                let flip = first_bit * 0x55;
                let (fours, rest) = q.as_chunks();
                for (&four, packed) in fours.iter().zip(&mut *packed) {
                    *packed = pack_four(four) ^ flip;
                }
                if let Some(last) = packed.get_mut(fours.len()) {
                    *last = pack_four(padded(rest, first_bit)) ^ flip;
                }
            }
            4 => {
                let flip = first_bit * 0x11;
                let (pairs, rest) = q.as_chunks();
                for (&pair, packed) in pairs.iter().zip(&mut *packed) {
                    *packed = pack_pair(pair) ^ flip;
                }
                if let Some(last) = packed.get_mut(pairs.len()) {
                    *last = pack_pair(padded(rest, first_bit)) ^ flip;
                }
            }
            _ => {
                for (q, packed) in q.iter().zip(packed) {
                    *packed = q ^ first_bit;
                }
            }
        }
    }
}

/// The integers of the last byte, filled up with integers that are packed as 0.
#[inline(always)]
fn padded<const N: usize>(rest: &[u8], first_bit: u8) -> [u8; N] {
    let mut padded = [first_bit; N];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

#[inline(always)]
fn pack_four(q: [u8; 4]) -> u8 {
    let q = u32::from_le_bytes(q);
    (q & 0x03 | q >> 6 & 0x0c | q >> 12 & 0x30 | q >> 18 & 0xc0) as u8
}

#[inline(always)]
fn pack_pair(q: [u8; 2]) -> u8 {
    let q = u16::from_le_bytes(q);
    (q & 0x0f | q >> 4 & 0xf0) as u8
}

/// Unpacks what [`Pack`] packed.
pub(crate) struct Unpack<'a> {
    pub(crate) packed: &'a [u8],
    /// The number of bits of an integer: 2, 4 or 8.
    pub(crate) bits: u8,
    pub(crate) coding: Coding,
    /// The bits of the integers.
    pub(crate) q: &'a mut [i8],
}

impl Kernel for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, _s: S) {
        let Self { packed, bits, coding, q } = self;
        let q: &mut [u8] = bytemuck::must_cast_slice_mut(q);
        // Flipping the first bit takes the offset away and makes the bit a sign.
        let first_bit = 1u8 << (bits - 1);
        let flip = if coding == Coding::Offset { first_bit } else { 0 };
        // The first bit times this number is all the bits above it: 0xfc of two bits, 0xf0 of four.
        // So nothing is carried to the next byte.
        let above = if coding == Coding::Plain {
            0
        } else {
            u8::MAX.unbounded_shl(bits.into()) / first_bit
        };
        match bits {
            2 => {
                let (fours, rest) = q.as_chunks_mut();
                for (&packed, four) in packed.iter().zip(&mut *fours) {
                    *four = unpack_four(packed, flip, above);
                }
                if let Some(&last) = packed.get(fours.len()) {
                    let n = rest.len();
                    rest.copy_from_slice(&unpack_four(last, flip, above)[..n]);
                }
            }
            4 => {
                let (pairs, rest) = q.as_chunks_mut();
                for (&packed, pair) in packed.iter().zip(&mut *pairs) {
                    *pair = unpack_pair(packed, flip, above);
                }
                if let Some(&last) = packed.get(pairs.len()) {
                    let n = rest.len();
                    rest.copy_from_slice(&unpack_pair(last, flip, above)[..n]);
                }
            }
            _ => {
                for (packed, q) in packed.iter().zip(q) {
                    *q = packed ^ flip;
                }
            }
        }
    }
}

#[inline(always)]
fn unpack_four(packed: u8, flip: u8, above: u8) -> [u8; 4] {
    let p = u32::from(packed);
    let u = p & 0x03 | (p & 0x0c) << 6 | (p & 0x30) << 12 | (p & 0xc0) << 18;
    let u = u ^ u32::from_ne_bytes([flip; 4]);
    let signs = u & 0x0202_0202;
    (u | (signs * u32::from(above))).to_le_bytes()
}

#[inline(always)]
fn unpack_pair(packed: u8, flip: u8, above: u8) -> [u8; 2] {
    let p = u16::from(packed);
    let u = p & 0x0f | (p & 0xf0) << 4;
    let u = u ^ u16::from_ne_bytes([flip; 2]);
    let signs = u & 0x0808;
    (u | (signs * u16::from(above))).to_le_bytes()
}
