//! Every length and offset around the block sizes.

use absmax::{QuantParams, Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::Check;
use crate::selftest::compare::{Board, Placed, both_ranges};
use crate::selftest::expected;
use crate::selftest::inputs::{Input, hard_scales, painted, within};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "lengths and offsets",
    about: "every length up to 320 and around longer panels, at every offset from a cache line",
    run,
};

/// Vectors have 16 elements, blocks 64, panels of blocks 256.
const EVERY: usize = 320;

/// Further on only the ends can differ.
const LONGER: [usize; 11] = [383, 511, 512, 513, 575, 577, 1023, 1024, 1025, 4095, 4097];

/// One in how many values is one that the fast path cannot do: none, a few, and so many that no
/// block is without.
const WILD: [usize; 3] = [0, 150, 5];

fn run(session: &Session) -> anyhow::Result<Board> {
    let lengths: Vec<usize> = (0..=EVERY).chain(LONGER).collect();
    let stride = session.effort.pick(13, 1);
    let scales = &hard_scales();
    Ok(session.over(CHECK.name, &session.board(), lengths, |board, len| {
        for (seed, &wild) in WILD.iter().enumerate() {
            let mut random = Rng::with_seed((len * WILD.len() + seed) as u64);
            let scale = scales[random.usize(..scales.len())];
            let offsets = (seed..=64).step_by(WILD.len() * stride);
            of_type::<f32>(board, &mut random, len, scale, wild, offsets.clone());
            of_type::<f16>(board, &mut random, len, scale, wild, offsets.clone());
            of_type::<bf16>(board, &mut random, len, scale, wild, offsets);
        }
    }))
}

fn of_type<T: Input>(
    board: &mut Board,
    random: &mut Rng,
    len: usize,
    scale: f32,
    wild: usize,
    offsets: impl Iterator<Item = usize>,
) {
    let any: Vec<T> = painted(random, len, scale, wild);
    let abs_max = reference::abs_max(&any);
    let quantized: Vec<(QuantParams, Vec<i8>)> =
        both_ranges(scale).map(|params| (params, expected::quantize_with(&any, params))).collect();

    let peak = T::from_f32(random.f32() * 1000.0);
    let finite = within(random, len, peak, Scheme::int8());
    let own = expected::quantize(&finite);

    let guard = T::from_bits(T::WILD[6]);
    for offset in offsets {
        let x = Placed::new(&any, offset, guard);
        board.abs_max(&x, abs_max);
        for (params, expected) in &quantized {
            board.quantize_with(&x, *params, expected);
            let q = Placed::new(expected, offset, 1);
            board.dequantize_into(&q, *params, &expected::dequantize(&q, *params));
        }
        board.quantize_into(&Placed::new(&finite, offset, guard), &own);
    }
}
