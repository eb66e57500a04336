//! Packed integers: every width, layout and length, there and back.

mod common;

use absmax::{Backend, Error, Packing};
use absmax_proof::compare::{Board, Placed};
use absmax_proof::inputs::{BitLayout, Byte};
use absmax_proof::{checks, expected};
use common::{agree, holds};
use fastrand::Rng;

#[test]
fn there_and_back() {
    holds(checks::PACKING);
}

#[test]
fn in_many_pieces() {
    for (rows, row_len) in [(5, 100_000), (100_000, 5), (2, 300_001)] {
        for layout in BitLayout::all() {
            agree(|board| {
                rows_of::<i8>(board, rows, row_len, layout);
                rows_of::<u8>(board, rows, row_len, layout);
            });
        }
    }
}

fn rows_of<Q: Byte>(board: &mut Board, rows: usize, row_len: usize, layout: BitLayout) {
    let random = &mut Rng::with_seed(8);
    let any = |random: &mut Rng| expected::signed(random.i32(..) & layout.mask(), layout);
    let q: Vec<Q> = (0..rows * row_len).map(|_| any(random)).collect();
    let packed = expected::pack(&q, row_len, layout);
    let q = Placed::new(&q, 0, Q::UNTOUCHED);
    board.pack_into(&q, row_len, layout, &packed);
    // What fits comes back as it was.
    board.unpack_into(&Placed::new(&packed, 0, 0xff), row_len, layout, &q);
}

#[test]
fn refusals() {
    for bits in [0, 1, 3, 5, 6, 7, 9, 255] {
        assert_eq!(Packing::bytes(bits), Err(Error::InvalidPacking { bits }));
        assert_eq!(Packing::words(bits), Err(Error::InvalidPacking { bits }));
    }
    let four = Packing::bytes(4).unwrap();
    let mismatch = |what, expected, found| Err(Error::LengthMismatch { what, expected, found });
    let backend = Backend::best();
    assert_eq!(backend.pack_into(&[0i8; 3], 3, four, &mut [0; 1]), mismatch("packed", 2, 1));
    assert_eq!(backend.pack_into(&[0i8; 3], 2, four, &mut [0; 2]), mismatch("integers", 2, 3));
    assert_eq!(backend.unpack_into(&[0; 2], 0, four, &mut [0i8; 3]), mismatch("integers", 0, 3));
    assert_eq!(backend.pack_into::<i8>(&[], 0, four, &mut []), Ok(()));
    assert_eq!(four.len(usize::MAX, 3), Err(Error::SizeOverflow));
    assert_eq!(Packing::words(2).unwrap().len(8, usize::MAX), Err(Error::SizeOverflow));
    assert_eq!(Packing::words(8).unwrap().len(1, usize::MAX), Err(Error::SizeOverflow));
    for row_len in [usize::MAX, usize::MAX - 31] {
        let four = Packing::words(4).unwrap();
        assert_eq!(backend.pack_into::<i8>(&[], row_len, four, &mut []), Ok(()));
        assert_eq!(backend.unpack_into::<i8>(&[], row_len, four, &mut []), Ok(()));
    }
}
