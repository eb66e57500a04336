//! Packed integers: every width, layout and length, there and back.

mod common;

use absmax::{Backend, Error, Integer, Packing};
use common::{LENGTHS, Random};

/// One integer at a time: the low bits of u, the first integer lowest.
fn expected<Q: Integer>(q: &[Q], row_len: usize, bits: u8, words: bool) -> Vec<u8> {
    let mut stream: Vec<bool> = Vec::new();
    for (i, q) in q.iter().enumerate() {
        if words && i % row_len == 0 {
            stream.resize(stream.len().next_multiple_of(32), false);
        }
        let offset = if words && Q::MIN < 0 { 1 << (bits - 1) } else { 0 };
        let u = q.to_i32() + offset;
        stream.extend((0..bits).map(|bit| u >> bit & 1 == 1));
    }
    stream.resize(stream.len().next_multiple_of(if words { 32 } else { 8 }), false);
    let byte = |bits: &[bool]| (0..8).map(|i| u8::from(bits[i]) << i).sum();
    stream.chunks(8).map(byte).collect()
}

fn check<Q: Integer>(rows: usize, row_len: usize, draw: impl Fn(u64) -> Q) {
    let mut random = Random(8);
    for bits in [2, 4, 8] {
        let narrow = |random: &mut Random| draw(random.bits() >> (64 - bits));
        let q: Vec<Q> = (0..rows * row_len).map(|_| narrow(&mut random)).collect();
        for words in [false, true] {
            let packing = if words { Packing::words(bits) } else { Packing::bytes(bits) }.unwrap();
            let expected = expected(&q, row_len, bits, words);
            for backend in Backend::available() {
                let context =
                    format!("{} {} {packing:?} {rows} x {row_len}", backend.isa(), Q::NAME);
                let mut packed = vec![0xaa; packing.len(rows, row_len).unwrap()];
                backend.pack_into(&q, row_len, packing, &mut packed).unwrap();
                assert!(packed == expected, "{context}");
                let mut unpacked = vec![draw(1); q.len()];
                backend.unpack_into(&packed, row_len, packing, &mut unpacked).unwrap();
                assert!(unpacked == q, "{context}");
            }
        }
    }
}

#[test]
fn there_and_back() {
    for row_len in LENGTHS {
        for rows in [1, 3] {
            if row_len > 0 {
                // Sign-extended to the width that is drawn.
                check::<u8>(rows, row_len, |bits| bits as u8);
            }
        }
    }
    check::<u8>(5, 100_000, |bits| bits as u8);
    check::<u8>(100_000, 5, |bits| bits as u8);
}

#[test]
fn signed_integers() {
    for bits in [2u8, 4, 8] {
        let half = 1i32 << (bits - 1);
        for row_len in [1, 7, 63, 64, 65, 200, 300_001] {
            let mut random = Random(9);
            let q: Vec<i8> = (0..2 * row_len)
                .map(|_| (random.below(2 * half as usize) as i32 - half) as i8)
                .collect();
            for words in [false, true] {
                let packing = if words { Packing::words(bits) } else { Packing::bytes(bits) };
                let packing = packing.unwrap();
                let expected = if words {
                    expected(&q, row_len, bits, words)
                } else {
                    let low: Vec<u8> = q.iter().map(|&q| q as u8 & (0xff >> (8 - bits))).collect();
                    expected(&low, row_len, bits, words)
                };
                for backend in Backend::available() {
                    let mut packed = vec![0xaa; packing.len(2, row_len).unwrap()];
                    backend.pack_into(&q, row_len, packing, &mut packed).unwrap();
                    assert!(packed == expected, "{} {packing:?} {row_len}", backend.isa());
                    let mut unpacked = vec![1i8; q.len()];
                    backend.unpack_into(&packed, row_len, packing, &mut unpacked).unwrap();
                    assert!(unpacked == q, "{} {packing:?} {row_len}", backend.isa());
                }
            }
        }
    }
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
