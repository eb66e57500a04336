//! The loops that drive kernels over slices: panels of blocks, overlapping ends, prefetching and
//! streaming stores.
//!
//! A slice is cut into panels of four blocks, so that the compiler unrolls the code. The blocks
//! that are left over follow one by one, as all blocks do where [`Simd::PANELS`] is false. The ends
//! overlap, so that no values fall to scalar code. The last block is the last 64 values, whatever
//! came before it. Where lines should be aligned, the first block is the first 64 values, and the
//! next block starts at the first line boundary. A value in two blocks is computed twice and
//! written twice with the same bits. Only a slice shorter than one block and the end of a slice
//! that is computed in place are padded. They go through the same operations.

use core::array;
use core::ops::Range;

use bytemuck::Zeroable;

use crate::Rows;
use crate::simd::{BLOCK, Simd};

/// Blocks of one panel.
const PANEL: usize = 4;

/// Bytes of one cache line.
const LINE: usize = 64;

/// The lengths of groups that have loops of their own, whose length the compiler knows.
pub(crate) const LENGTHS: [usize; 4] = [16, 32, 64, 128];

/// How a slice travels between memory and the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// How many bytes ahead of the reads to prefetch; 0 leaves prefetching to the hardware.
    pub(crate) prefetch: usize,
    /// Whether the results go past the caches.
    pub(crate) stream: bool,
}

/// Sizes and distances are in bytes. docs/performance.md has the measurements behind them.
impl Traffic {
    /// The traffic of data that stay in a cache near the core.
    pub(crate) const CACHED: Self = Self { prefetch: 0, stream: false };

    /// A size that no second-level cache holds. If such a cache holds the data, prefetching costs
    /// more than it gains.
    const PREFETCH_FROM: usize = 2 << 20;

    /// How far ahead to prefetch: half a page.
    const PREFETCH: usize = 2048;

    /// The traffic from which streaming lost on none of the measured CPUs: results that were kept
    /// in a cache would only push out other data.
    const STREAM_FROM: usize = 64 << 20;

    /// The traffic of so many bytes that are only read.
    pub(crate) const fn read(bytes: usize) -> Self {
        let prefetch = if bytes >= Self::PREFETCH_FROM { Self::PREFETCH } else { 0 };
        Self { prefetch, stream: false }
    }

    /// The traffic of rows that are read.
    pub(crate) const fn of<T>(x: &Rows<'_, T>) -> Self {
        Self::read(x.len() * size_of::<T>())
    }

    /// The traffic of values that are in the cache. What lies `stride` bytes behind them is
    /// prefetched if these data are.
    pub(crate) const fn to_next(self, stride: usize) -> Self {
        let prefetch = if self.prefetch == 0 { 0 } else { stride + self.prefetch };
        Self { prefetch, stream: false }
    }

    /// [`Traffic::to_next`] for a row, after which the next one comes.
    pub(crate) const fn to_next_row<T>(self, x: &Rows<'_, T>) -> Self {
        self.to_next(x.row_stride() * size_of::<T>())
    }

    /// The traffic of bytes that are read and turned into bytes that are written.
    pub(crate) const fn copy(read: usize, written: usize) -> Self {
        let bytes = read.saturating_add(written);
        Self { stream: bytes >= Self::STREAM_FROM, ..Self::read(bytes) }
    }
}

/// A computation that turns each value into one result.
pub(crate) trait Map<S: Simd> {
    /// The type of the values that are read.
    type In: Copy + Zeroable;
    /// The type of the results.
    type Out: Copy + Zeroable;

    /// Computes N blocks. If `STREAM`, the stores bypass the caches.
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[Self::In; BLOCK]; N],
        dst: &mut [[Self::Out; BLOCK]; N],
    );

    /// Computes a block at an end of the slice. Results outside `fresh` are those of other blocks
    /// too, or of padding.
    #[inline(always)]
    fn edge(
        &mut self,
        s: S,
        src: &[Self::In; BLOCK],
        dst: &mut [Self::Out; BLOCK],
        _fresh: Range<usize>,
    ) {
        self.blocks::<1, false>(s, array::from_ref(src), array::from_mut(dst));
    }
}

/// dst = map(src), which have the same length.
#[inline(always)]
pub(crate) fn map<S: Simd, M: Map<S>>(
    s: S,
    map: &mut M,
    src: &[M::In],
    dst: &mut [M::Out],
    traffic: Traffic,
) {
    if S::STREAMS && traffic.stream {
        map_as::<S, M, true>(s, map, src, dst, traffic);
        s.stream_fence();
    } else {
        map_as::<S, M, false>(s, map, src, dst, traffic);
    }
}

/// [`map`] with the kind of stores fixed outside every loop. The caller has to fence streamed
/// stores.
#[inline(always)]
pub(crate) fn map_as<S: Simd, M: Map<S>, const STREAM: bool>(
    s: S,
    map: &mut M,
    src: &[M::In],
    dst: &mut [M::Out],
    traffic: Traffic,
) {
    let n = src.len().min(dst.len());
    let (Some(first), Some(last)) = (src.first_chunk::<BLOCK>(), src.last_chunk::<BLOCK>()) else {
        return map_short(s, map, src, dst);
    };
    let mut start = 0;
    if STREAM {
        start = dst.as_ptr().align_offset(LINE).min(BLOCK);
        if let Some(dst) = dst.first_chunk_mut() {
            map.edge(s, first, dst, 0..start);
        }
    }
    let mut blocks = src[start..].as_chunks::<BLOCK>().0;
    let mut blocks_out = dst[start..].as_chunks_mut::<BLOCK>().0;
    if S::PANELS {
        let (panels, rest) = blocks.as_chunks::<PANEL>();
        let (panels_out, rest_out) = blocks_out.as_chunks_mut::<PANEL>();
        for (src, dst) in panels.iter().zip(panels_out) {
            fetch_ahead(s, src.as_flattened(), traffic);
            map.blocks::<PANEL, STREAM>(s, src, dst);
        }
        (blocks, blocks_out) = (rest, rest_out);
    }
    for (src, dst) in blocks.iter().zip(blocks_out) {
        map.blocks::<1, STREAM>(s, array::from_ref(src), array::from_mut(dst));
    }
    let left = (n - start) % BLOCK;
    if left != 0
        && let Some(dst) = dst.last_chunk_mut()
    {
        map.edge(s, last, dst, BLOCK - left..BLOCK);
    }
}

/// x = map(x). The end is padded, because in overlapping blocks values would be computed from
/// results.
#[inline(always)]
pub(crate) fn map_in_place<S: Simd, T, M: Map<S, In = T, Out = T>>(s: S, map: &mut M, x: &mut [T])
where
    T: Copy + Zeroable,
{
    let (blocks, rest) = x.as_chunks_mut::<BLOCK>();
    for block in blocks {
        let src = [*block];
        map.blocks::<1, false>(s, &src, array::from_mut(block));
    }
    let mut src = [T::zeroed(); BLOCK];
    let src = &mut src[..rest.len()];
    src.copy_from_slice(rest);
    map_short(s, map, src, rest);
}

/// Computes less than one block, which is padded.
#[inline(always)]
fn map_short<S: Simd, M: Map<S>>(s: S, map: &mut M, src: &[M::In], dst: &mut [M::Out]) {
    if src.is_empty() {
        return;
    }
    let (mut padded, mut result) = ([M::In::zeroed(); BLOCK], [M::Out::zeroed(); BLOCK]);
    padded[..src.len()].copy_from_slice(src);
    map.edge(s, &padded, &mut result, 0..src.len());
    dst.copy_from_slice(&result[..src.len()]);
}

/// A computation that only reads values. It may see them in any order, and those near the ends more
/// than once.
pub(crate) trait Scan<S: Simd> {
    /// The type of the values that are read.
    type In: Copy;

    /// Reads N blocks.
    fn blocks<const N: usize>(&mut self, s: S, src: &[[Self::In; BLOCK]; N]);
}

/// Shows every value of `src` to `scan`.
#[inline(always)]
pub(crate) fn scan<S: Simd, C: Scan<S>>(s: S, scan: &mut C, src: &[C::In], traffic: Traffic) {
    let (Some(first), Some(last)) = (src.first_chunk::<BLOCK>(), src.last_chunk::<BLOCK>()) else {
        if let Some(&value) = src.first() {
            let mut padded = [[value; BLOCK]];
            padded[0][..src.len()].copy_from_slice(src);
            scan.blocks(s, &padded);
        }
        return;
    };
    // A load that straddles two cache lines costs as much as two loads.
    let start = src.as_ptr().align_offset(LINE).min(BLOCK);
    scan.blocks(s, array::from_ref(first));
    let mut blocks = src[start..].as_chunks::<BLOCK>().0;
    if S::PANELS {
        let (panels, rest) = blocks.as_chunks::<PANEL>();
        for src in panels {
            fetch_ahead(s, src.as_flattened(), traffic);
            scan.blocks(s, src);
        }
        blocks = rest;
    }
    for src in blocks {
        scan.blocks(s, array::from_ref(src));
    }
    scan.blocks(s, array::from_ref(last));
}

/// Prefetches the cache lines some way ahead of these values.
#[inline(always)]
pub(super) fn fetch_ahead<S: Simd, T>(s: S, values: &[T], traffic: Traffic) {
    if traffic.prefetch != 0 {
        let ahead = values.as_ptr().cast::<u8>().wrapping_add(traffic.prefetch);
        for line in (0..size_of_val(values)).step_by(LINE) {
            s.prefetch(ahead.wrapping_add(line));
        }
    }
}
