//! The expected bytes of packed integers, one integer after another.

use crate::inputs::{BitLayout, Byte};

/// The bytes of rows of integers, of which each has its lowest bits stored.
pub fn pack<Q: Byte>(q: &[Q], row_len: usize, layout: BitLayout) -> Vec<u8> {
    let mut packed = vec![0; layout.len(q.len(), row_len)];
    for (i, q) in q.iter().enumerate() {
        let (byte, shift) = layout.place(i, row_len);
        let bits = (q.as_i32() + offset::<Q>(layout)) & layout.mask();
        packed[byte] |= (bits << shift) as u8;
    }
    packed
}

/// Unpacks `len` integers from rows.
pub fn unpack<Q: Byte>(packed: &[u8], len: usize, row_len: usize, layout: BitLayout) -> Vec<Q> {
    let one = |i| {
        let (byte, shift) = layout.place(i, row_len);
        signed::<Q>(i32::from(packed[byte]) >> shift & layout.mask(), layout)
    };
    (0..len).map(one).collect()
}

/// The integer that some bits stand for.
pub fn signed<Q: Byte>(bits: i32, layout: BitLayout) -> Q {
    let two_to_b = layout.mask() + 1;
    // In two's complement, the upper half of the numbers stands for integers that are 2^b less.
    let complement = Q::MIN < 0 && !layout.words && bits >= two_to_b / 2;
    let wrapped = if complement { bits - two_to_b } else { bits };
    Q::from_i32(wrapped - offset::<Q>(layout))
}

/// The number that is added to an integer. In words, signed integers are stored as unsigned ones.
pub fn offset<Q: Byte>(layout: BitLayout) -> i32 {
    if Q::MIN < 0 && layout.words { 1 << (layout.bits - 1) } else { 0 }
}
