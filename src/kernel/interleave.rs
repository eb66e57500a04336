//! Interleaves rows of bytes.

use super::blocks::{Traffic, fetch_ahead};
use crate::Rows;
use crate::simd::{Kernel, Simd, Words};

/// Interleaves the rows of one band to tiles of all rows by four or eight columns, which the rows fill.
/// The number of rows is a multiple of four, or of two where there are eight columns.
pub(crate) struct Interleave<'a> {
    pub(crate) q: Rows<'a, i8>,
    /// The number of columns of a tile, 4 or 8.
    pub(crate) kr: usize,
    /// The traffic of the call that the band belongs to.
    pub(crate) traffic: Traffic,
    pub(crate) to: &'a mut [i8],
}

/// The bytes of a row that are moved together.
const PIECE: usize = size_of::<Words>();

/// About how many bytes of tiles are made whole before the next are begun. They stay in the first
/// cache meanwhile.
const BYTES: usize = 8192;

impl Kernel for Interleave<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { q, kr, traffic, to } = self;
        let pieces = (BYTES / (PIECE * q.rows())).max(1);
        for (i, to) in to.chunks_mut(pieces * PIECE * q.rows()).enumerate() {
            let first = i * pieces;
            fetch_ahead(s, to, traffic.to_next(to.len()));
            if kr == 4 { fours(s, q, first, to) } else { eights(s, q, first, to) }
        }
        // The tiles behind the last whole piece.
        let (tile, done) = (q.rows() * kr, q.row_len() / PIECE * PIECE);
        for row in 0..q.rows() {
            let left = to[done * q.rows()..].chunks_exact_mut(tile);
            for (from, tile) in q.row(row)[done..].chunks_exact(kr).zip(left) {
                tile[row * kr..][..kr].copy_from_slice(from);
            }
        }
    }
}

/// Four rows of four tiles at a time, which are transposed.
#[inline(always)]
fn fours<S: Simd>(s: S, q: Rows<'_, i8>, first: usize, to: &mut [i8]) {
    let tile = 4 * q.rows();
    for row in (0..q.rows()).step_by(4) {
        let two = pieces(q, row, first).iter().zip(pieces(q, row + 1, first));
        let rows = two.zip(pieces(q, row + 2, first)).zip(pieces(q, row + 3, first));
        for ((((a, b), c), d), to) in rows.zip(to.chunks_exact_mut(4 * tile)) {
            let [ac, more_ac] = s.zip_words(words(a), words(c));
            let [bd, more_bd] = s.zip_words(words(b), words(d));
            let ([first, second], [third, fourth]) =
                (s.zip_words(ac, bd), s.zip_words(more_ac, more_bd));
            put(&mut to[4 * row..], first);
            put(&mut to[tile + 4 * row..], second);
            put(&mut to[2 * tile + 4 * row..], third);
            put(&mut to[3 * tile + 4 * row..], fourth);
        }
    }
}

/// Two rows of two tiles at a time.
#[inline(always)]
fn eights<S: Simd>(s: S, q: Rows<'_, i8>, first: usize, to: &mut [i8]) {
    let tile = 8 * q.rows();
    for row in (0..q.rows()).step_by(2) {
        let rows = pieces(q, row, first).iter().zip(pieces(q, row + 1, first));
        for ((a, b), to) in rows.zip(to.chunks_exact_mut(2 * tile)) {
            let [first, second] = s.zip_pairs(words(a), words(b));
            put(&mut to[8 * row..], first);
            put(&mut to[tile + 8 * row..], second);
        }
    }
}

/// The whole pieces of a row from one on.
#[inline(always)]
fn pieces(q: Rows<'_, i8>, row: usize, first: usize) -> &[[i8; PIECE]] {
    &q.row(row).as_chunks().0[first..]
}

#[inline(always)]
fn words(piece: &[i8; PIECE]) -> Words {
    bytemuck::must_cast(*piece)
}

/// Writes the first bytes of `to`.
#[inline(always)]
fn put(to: &mut [i8], words: Words) {
    to[..PIECE].copy_from_slice(bytemuck::must_cast_ref::<Words, [i8; PIECE]>(&words));
}
