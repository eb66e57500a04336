//! Compares `pack_into` and `unpack_into`.

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::inputs::{BitLayout, Byte};

impl Board {
    /// Compares every subject's bytes with the expected ones.
    pub fn pack_into<Q: Byte>(
        &mut self,
        q: &Placed<Q>,
        row_len: usize,
        layout: BitLayout,
        expected: &[u8],
    ) {
        let parameters = || text(row_len, layout);
        let scene = Scene { kernel: Kernel::PackInto, x: q, parameters: &parameters };
        let first_in = |byte| (0..q.len()).find(|&i| layout.place(i, row_len).0 == byte);
        self.written(&scene, expected, &first_in, &|subject, packed| {
            subject.pack_into(q, row_len, layout, packed)
        });
    }

    /// Compares every subject's integers with the expected ones.
    pub fn unpack_into<Q: Byte>(
        &mut self,
        packed: &Placed<u8>,
        row_len: usize,
        layout: BitLayout,
        expected: &[Q],
    ) {
        let parameters = || format!("{}, to {}", text(row_len, layout), Q::TYPE);
        let scene = Scene { kernel: Kernel::UnpackInto, x: packed, parameters: &parameters };
        let byte_of = |i| Some(layout.place(i, row_len).0);
        self.written(&scene, expected, &byte_of, &|subject, q| {
            subject.unpack_into(packed, row_len, layout, q)
        });
    }
}

fn text(row_len: usize, layout: BitLayout) -> String {
    let of = if layout.words { "words" } else { "bytes" };
    format!("rows of {row_len} integers of {} bits in {of}", layout.bits)
}
