//! Packs and unpacks integers on several threads.

use fastrand::Rng;

use super::task::{LEN, ROWS, Task};
use crate::compare::{Board, Placed};
use crate::expected;
use crate::inputs::{BitLayout, Value};

/// Integers, and their bytes in every layout.
pub(super) struct Packed {
    q: Vec<i8>,
    packed: Vec<(BitLayout, Vec<u8>, Vec<i8>)>,
}

impl Packed {
    pub(super) fn new() -> Self {
        let random = &mut Rng::with_seed(8);
        let q: Vec<i8> = (0..LEN).map(|_| random.i8(..)).collect();
        let pack = |layout| {
            let packed = expected::pack(&q, ROWS[1], layout);
            let unpacked = expected::unpack(&packed, LEN, ROWS[1], layout);
            (layout, packed, unpacked)
        };
        Self { packed: BitLayout::all().map(pack).collect(), q }
    }
}

impl Task for Packed {
    fn compare(&self, board: &mut Board, offset: usize) {
        let q = Placed::new(&self.q, offset, i8::UNTOUCHED);
        for (layout, packed, unpacked) in &self.packed {
            board.pack_into(&q, ROWS[1], *layout, packed);
            let packed = Placed::new(packed, offset, 0xff);
            board.unpack_into(&packed, ROWS[1], *layout, unpacked);
        }
    }
}
