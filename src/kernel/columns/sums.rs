//! Adds up the integers of each column.

use crate::simd::{Kernel, Simd};

/// Adds each row of `q` to the sums of the columns. The last row may be shorter.
pub(crate) struct ColumnSums<'a> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether the bits are those of [`u8`].
    pub(crate) unsigned: bool,
    /// One sum for each column, not empty.
    pub(crate) sums: &'a mut [i32],
}

impl Kernel for ColumnSums<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, _s: S) {
        let Self { q, unsigned, sums } = self;
        for row in q.chunks(sums.len()) {
            // The compiler makes vectors of these loops.
            if unsigned {
                for (sum, &q) in sums.iter_mut().zip(row) {
                    *sum = sum.wrapping_add(i32::from(q.cast_unsigned()));
                }
            } else {
                for (sum, &q) in sums.iter_mut().zip(row) {
                    *sum = sum.wrapping_add(i32::from(q));
                }
            }
        }
    }
}
