//! Checks that integers of 2, 4 and 8 bits are packed and unpacked.

use fastrand::Rng;

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{BitLayout, Byte};
use crate::session::Session;

/// Integers of 2, 4 and 8 bits, packed and unpacked.
pub const CHECK: Check = Check {
    name: "packing",
    about: "rows of every length up to 320 and around longer blocks, of 2, 4 and 8 bits, in bytes \
            and in words: integers of so many bits, and any",
    run,
};

/// Every length up to this one is tried. A block is 64 integers, whatever their bits are.
const EVERY: usize = 320;

/// Rows that are longer than a block by every kind of remainder, and rows longer than a piece.
const LONGER: [usize; 6] = [511, 513, 1000, 4097, (1 << 17) - 3, (1 << 17) + 3];

fn run(session: &Session<'_>) -> Result<Board> {
    let lengths = (0..=EVERY).chain(LONGER).step_by(session.effort.pick(11, 1));
    let lengths: Vec<usize> = lengths.collect();
    Ok(session.over(CHECK.name, &session.board(), lengths, |board, row_len| {
        let random = &mut Rng::with_seed(row_len as u64);
        for layout in BitLayout::all() {
            // Many rows that are too short for a vector are packed side by side.
            for rows in [1, 3, if row_len < 70 { 50 } else { 2 }] {
                of_type::<i8>(board, random, [rows, row_len], layout);
                of_type::<u8>(board, random, [rows, row_len], layout);
            }
        }
    }))
}

fn of_type<Q: Byte>(
    board: &mut Board,
    random: &mut Rng,
    [rows, row_len]: [usize; 2],
    layout: BitLayout,
) {
    let len = rows * row_len;
    let fit = |random: &mut Rng| expected::signed(random.i32(..) & layout.mask(), layout);
    let fitting: Vec<Q> = (0..len).map(|_| fit(random)).collect();
    // Integers that do not fit are cut off.
    let any: Vec<Q> = (0..len).map(|_| Q::from_i32(random.i32(..))).collect();
    for q in [fitting, any] {
        let q = Placed::new(&q, random.usize(..64), Q::UNTOUCHED);
        board.pack_into(&q, row_len, layout, &expected::pack(&q, row_len, layout));
    }
    // The bits that are left over at the ends of rows are random too, and have to be ignored.
    let packed: Vec<u8> = (0..layout.len(len, row_len)).map(|_| random.u8(..)).collect();
    let packed = Placed::new(&packed, random.usize(..64), 0xff);
    let expected: Vec<Q> = expected::unpack(&packed, len, row_len, layout);
    board.unpack_into(&packed, row_len, layout, &expected);
}
