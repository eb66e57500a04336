//! Checks all 2^32 bit patterns of f32, by scales that are hard.

use absmax::QuantParams;

use crate::compare::{Board, Placed};
use crate::inputs::{exhaustive_scales, params};
use crate::session::Session;

use super::check::Check;
use crate::error::Result;

/// All 2^32 bit patterns of f32, by scales that are hard.
pub const CHECK: Check = Check {
    name: "every f32",
    about: "all 2^32 patterns, both ranges, by powers of two and their neighbours, both ends of the \
            proven range and what is just outside, the least and the largest scale, random scales; \
            and by three affine parameters, there and back",
    run,
};

/// The number of bits of the patterns that are tried at a time. These patterns and their results
/// stay in the cache.
const PORTION_BITS: u32 = 16;
const PORTIONS: usize = 1 << (u32::BITS - PORTION_BITS);

/// The parameters that all patterns are quantized by.
enum By {
    /// Symmetric int8, in both ranges.
    Scale(f32),
    /// Other signed integers, and back.
    Signed(QuantParams),
    /// Unsigned integers, and back.
    Unsigned(QuantParams),
}

fn run(session: &Session<'_>) -> Result<Board> {
    let mut all: Vec<By> = exhaustive_scales().into_iter().map(By::Scale).collect();
    all.push(By::Signed(params(1.0 / 127.0, (-37, -128, 127))));
    all.push(By::Unsigned(params(0.1, (131, 0, 255))));
    all.push(By::Unsigned(params(1e-40, (7, 0, 15))));
    let steps = 0..all.len() * PORTIONS;
    Ok(session.over(CHECK.name, &session.board_without_control(), steps, |board, step| {
        let first = ((step % PORTIONS) as u32) << PORTION_BITS;
        let values: Vec<f32> = (0..1 << PORTION_BITS).map(|i| f32::from_bits(first | i)).collect();
        let x = Placed::new(&values, 0, 0.0);
        match all[step / PORTIONS] {
            By::Scale(scale) => board.with_both_ranges(&x, scale),
            By::Signed(params) => board.with_params::<f32, i8>(&x, params),
            By::Unsigned(params) => board.with_params::<f32, u8>(&x, params),
        }
    }))
}
