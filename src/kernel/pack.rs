//! Integers of 2, 4 or 8 bits, four, two or one a byte, the first in the lowest bits.
//!
//! Plain Rust on arrays, which becomes the vectors of the instruction set inside [`Simd::run`]: two
//! bytes are a 16-bit number, four a 32-bit number, and their low bits move together by shifts.

use crate::simd::{BLOCK, Kernel, Simd};

/// How an integer of b bits becomes b bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// An unsigned integer as it is.
    Plain,
    /// A signed integer's lowest bits.
    TwosComplement,
    /// A signed integer plus 2^(b-1).
    Offset,
}

/// Packs `q` into `packed`, which is as long as it takes; what is left of the last byte is 0.
pub(crate) struct Pack<'a> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// 2, 4 or 8.
    pub(crate) bits: u8,
    pub(crate) coding: Coding,
    pub(crate) packed: &'a mut [u8],
}

impl Kernel for Pack<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, _s: S) {
        match self.bits {
            2 => self.by::<2, { BLOCK / 4 }>(),
            4 => self.by::<4, { BLOCK / 2 }>(),
            _ => self.by::<8, BLOCK>(),
        }
    }
}

impl Pack<'_> {
    /// A block at a time; the last one is padded with what becomes 0.
    #[inline(always)]
    fn by<const BITS: usize, const BYTES: usize>(self) {
        let Self { q, coding, packed, .. } = self;
        // Modulo 2^b, adding 2^(b-1) flips the first bit. Here is that of every integer in a byte.
        let first_bit = if coding == Coding::Offset { 1u8 << (BITS - 1) } else { 0 };
        let flip = (0xff / ((1u16 << BITS) - 1)) as u8 * first_bit;
        let (blocks, rest) = bytemuck::must_cast_slice::<i8, u8>(q).as_chunks::<BLOCK>();
        let (blocks_out, rest_out) = packed.as_chunks_mut::<BYTES>();
        for (q, packed) in blocks.iter().zip(&mut *blocks_out) {
            pack::<BITS, BYTES>(q, flip, packed);
        }
        if !rest.is_empty() {
            let mut padded = [first_bit; BLOCK];
            padded[..rest.len()].copy_from_slice(rest);
            let mut result = [0; BYTES];
            pack::<BITS, BYTES>(&padded, flip, &mut result);
            let rest_out = match blocks_out.get_mut(blocks.len()) {
                Some(block) => &mut block[..],
                None => rest_out,
            };
            let n = rest_out.len();
            rest_out.copy_from_slice(&result[..n]);
        }
    }
}

/// One block.
#[inline(always)]
fn pack<const BITS: usize, const BYTES: usize>(
    q: &[u8; BLOCK],
    flip: u8,
    packed: &mut [u8; BYTES],
) {
    match BITS {
        2 => {
            let q: [u32; BLOCK / 4] = bytemuck::must_cast(*q);
            for (q, packed) in q.into_iter().zip(packed) {
                let q = u32::from_le(q);
                let four = q & 0x03 | q >> 6 & 0x0c | q >> 12 & 0x30 | q >> 18 & 0xc0;
                *packed = four as u8 ^ flip;
            }
        }
        4 => {
            let q: [u16; BLOCK / 2] = bytemuck::must_cast(*q);
            for (q, packed) in q.into_iter().zip(packed) {
                let q = u16::from_le(q);
                *packed = (q & 0x0f | q >> 4 & 0xf0) as u8 ^ flip;
            }
        }
        _ => {
            for (q, packed) in q.iter().zip(packed) {
                *packed = q ^ flip;
            }
        }
    }
}

/// Unpacks what [`Pack`] packed.
pub(crate) struct Unpack<'a> {
    pub(crate) packed: &'a [u8],
    /// 2, 4 or 8.
    pub(crate) bits: u8,
    pub(crate) coding: Coding,
    /// The bits of the integers.
    pub(crate) q: &'a mut [i8],
}

impl Kernel for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, _s: S) {
        match self.bits {
            2 => self.by::<2, { BLOCK / 4 }>(),
            4 => self.by::<4, { BLOCK / 2 }>(),
            _ => self.by::<8, BLOCK>(),
        }
    }
}

impl Unpack<'_> {
    #[inline(always)]
    fn by<const BITS: usize, const BYTES: usize>(self) {
        let Self { packed, coding, q, .. } = self;
        let (blocks, rest) = bytemuck::must_cast_slice_mut::<i8, u8>(q).as_chunks_mut::<BLOCK>();
        let (packed_blocks, packed_rest) = packed.as_chunks::<BYTES>();
        for (packed, q) in packed_blocks.iter().zip(&mut *blocks) {
            unpack::<BITS, BYTES>(packed, coding, q);
        }
        if !rest.is_empty() {
            let packed_rest = match packed_blocks.get(blocks.len()) {
                Some(block) => &block[..],
                None => packed_rest,
            };
            let (mut padded, mut result) = ([0; BYTES], [0; BLOCK]);
            padded[..packed_rest.len()].copy_from_slice(packed_rest);
            unpack::<BITS, BYTES>(&padded, coding, &mut result);
            let n = rest.len();
            rest.copy_from_slice(&result[..n]);
        }
    }
}

/// One block.
#[inline(always)]
fn unpack<const BITS: usize, const BYTES: usize>(
    packed: &[u8; BYTES],
    coding: Coding,
    q: &mut [u8; BLOCK],
) {
    match BITS {
        2 => {
            let mut fours = [0u32; BLOCK / 4];
            for (&packed, four) in packed.iter().zip(&mut fours) {
                let p = u32::from(packed);
                *four = p & 0x03 | (p & 0x0c) << 6 | (p & 0x30) << 12 | (p & 0xc0) << 18;
                *four = four.to_le();
            }
            *q = bytemuck::must_cast(fours);
        }
        4 => {
            let mut pairs = [0u16; BLOCK / 2];
            for (&packed, pair) in packed.iter().zip(&mut pairs) {
                let p = u16::from(packed);
                *pair = (p & 0x0f | (p & 0xf0) << 4).to_le();
            }
            *q = bytemuck::must_cast(pairs);
        }
        _ => {
            for (packed, q) in packed.iter().zip(&mut *q) {
                *q = *packed;
            }
        }
    }
    let first_bit = 1u8 << (BITS - 1);
    // (u ^ first_bit) - first_bit extends the sign; an offset has done the first half.
    let (flip, less) = match coding {
        Coding::Plain => (0, 0),
        Coding::TwosComplement => (first_bit, first_bit),
        Coding::Offset => (0, first_bit),
    };
    for u in q {
        *u = (*u ^ flip).wrapping_sub(less);
    }
}
