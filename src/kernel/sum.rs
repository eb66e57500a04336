//! Adds up integers while they are computed, so that no second pass over them is needed.

use core::ops::Range;

use super::blocks::Map;
use crate::simd::{BLOCK, Simd, UNSETTLED};

/// Where integers go.
pub(super) struct To<'a> {
    /// Whether `q` holds the bits of [`u8`].
    pub(super) unsigned: bool,
    /// Whether to add up the integers.
    pub(super) sum: bool,
    pub(super) q: &'a mut [i8],
}

/// A [`Map`] to the bits of integers that also adds the integers up, if they are to be.
///
/// Whether they are is asked for each panel and not fixed when the code is compiled. That costs
/// nothing that can be measured, and every kernel is compiled once.
pub(super) struct Summed<S: Simd, M> {
    pub(super) map: M,
    sum: bool,
    total: S::Total,
    /// The number of blocks since the total was settled.
    unsettled: usize,
    unsigned: bool,
}

impl<S: Simd, M> Summed<S, M> {
    /// Adds up the results of `map`, which are the bits of [`u8`] if `unsigned`, if `sum`.
    #[inline(always)]
    pub(super) fn new(s: S, map: M, sum: bool, unsigned: bool) -> Self {
        Self { map, sum, total: s.total(), unsettled: 0, unsigned }
    }

    /// The sum of all integers, or 0 if they are not added up.
    #[inline(always)]
    pub(super) fn sum(&self, s: S) -> i32 {
        if self.sum { s.total_of(s.settle(self.total)) } else { 0 }
    }

    /// Makes room for some blocks.
    #[inline(always)]
    fn settle_for(&mut self, s: S, blocks: usize) {
        self.unsettled += blocks;
        if self.unsettled > UNSETTLED {
            self.total = s.settle(self.total);
            self.unsettled = blocks;
        }
    }

    #[inline(always)]
    fn take(&mut self, s: S, q: &[i8; BLOCK]) {
        self.total = if self.unsigned {
            s.add_u8(self.total, bytemuck::must_cast_ref(q))
        } else {
            s.add_i8(self.total, q)
        };
    }
}

impl<S: Simd, M: Map<S, Out = i8>> Map<S> for Summed<S, M> {
    type In = M::In;
    type Out = i8;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[M::In; BLOCK]; N],
        dst: &mut [[i8; BLOCK]; N],
    ) {
        self.map.blocks::<N, STREAM>(s, src, &mut *dst);
        if self.sum {
            self.settle_for(s, N);
            for q in dst {
                self.take(s, q);
            }
        }
    }

    #[inline(always)]
    fn edge(&mut self, s: S, src: &[M::In; BLOCK], dst: &mut [i8; BLOCK], fresh: Range<usize>) {
        self.map.edge(s, src, &mut *dst, fresh.clone());
        if self.sum {
            let mut q = [0; BLOCK];
            q[fresh.clone()].copy_from_slice(&dst[fresh]);
            self.settle_for(s, 1);
            self.take(s, &q);
        }
    }
}
