//! All 2^32 bit patterns of f32, by scales that are hard.

use crate::selftest::compare::{Board, Placed};
use crate::selftest::inputs::exhaustive_scales;
use crate::selftest::session::Session;

use super::Check;

pub(super) const CHECK: Check = Check {
    name: "every f32",
    about: "all 2^32 patterns, both ranges, by powers of two and their neighbours, both ends of the \
            proven range and what is just outside, the least and the largest scale, random scales",
    run,
};

/// Patterns at a time: they and their results stay in the cache.
const CHUNK_BITS: u32 = 16;
const CHUNKS: usize = 1 << (u32::BITS - CHUNK_BITS);

fn run(session: &Session) -> anyhow::Result<Board> {
    let scales = exhaustive_scales();
    let steps = 0..scales.len() * CHUNKS;
    Ok(session.over(CHECK.name, &session.board_without_control(), steps, |board, step| {
        let first = ((step % CHUNKS) as u32) << CHUNK_BITS;
        let values: Vec<f32> = (0..1 << CHUNK_BITS).map(|i| f32::from_bits(first | i)).collect();
        board.quantize_with_scale(&Placed::new(&values, 0, 0.0), scales[step / CHUNKS]);
    }))
}
