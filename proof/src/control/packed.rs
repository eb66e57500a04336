//! Packed integers, wrong on purpose: the first integer is in the highest bits.

use crate::expected::{offset, signed};
use crate::inputs::{BitLayout, Byte};

/// Packs the first integer into the highest bits.
pub(crate) fn pack_into<Q: Byte>(q: &[Q], row_len: usize, layout: BitLayout, packed: &mut [u8]) {
    packed.fill(0);
    for (i, q) in q.iter().enumerate() {
        let (byte, shift) = highest_first(i, row_len, layout);
        let bits = (q.as_i32() + offset::<Q>(layout)) & layout.mask();
        packed[byte] |= (bits << shift) as u8;
    }
}

/// Unpacks the first integer from the highest bits.
pub(crate) fn unpack_into<Q: Byte>(packed: &[u8], row_len: usize, layout: BitLayout, q: &mut [Q]) {
    for (i, q) in q.iter_mut().enumerate() {
        let (byte, shift) = highest_first(i, row_len, layout);
        *q = signed(i32::from(packed[byte]) >> shift & layout.mask(), layout);
    }
}

fn highest_first(i: usize, row_len: usize, layout: BitLayout) -> (usize, u8) {
    let (byte, shift) = layout.place(i, row_len);
    (byte, 8 - layout.bits - shift)
}
