//! Checks every length and offset around the block sizes.

use absmax::{QuantParams, Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{Byte, Input, any_kind, both_ranges, hard_scales, painted, within};
use crate::session::Session;

/// Every length and offset around the block sizes.
pub const CHECK: Check = Check {
    name: "lengths and offsets",
    about: "every length up to 320 and around longer panels, at every offset from a cache line",
    run,
};

/// Every length up to this one is tried. Vectors have 16 elements, blocks 64, and panels of
/// blocks 256.
const EVERY: usize = 320;

/// Longer lengths, at which only the ends can differ.
const LONGER: [usize; 11] = [383, 511, 512, 513, 575, 577, 1023, 1024, 1025, 4095, 4097];

/// One in so many values is one that the fast path cannot do: none (0), a few, and so many that no
/// block is without one.
const WILD: [usize; 3] = [0, 150, 5];

fn run(session: &Session<'_>) -> Result<Board> {
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
    let int8 = both_ranges(scale).map(|params| Task::<T, i8>::new(random, len, params, wild));
    let kind = any_kind::<i8>(random, scale);
    let signed = Task::<T, i8>::new(random, len, kind, wild);
    let kind = any_kind::<u8>(random, scale);
    let unsigned = Task::<T, u8>::new(random, len, kind, wild);

    let peak = T::of(random.f32() * 1000.0);
    let finite = within(random, len, peak, Scheme::int8());
    let own = expected::quantize(&finite);

    for (i, offset) in offsets.enumerate() {
        int8.iter().for_each(|task| task.compare(board, offset));
        int8[i % int8.len()].limits(board, offset);
        if i % 2 == 0 {
            signed.compare(board, offset);
        } else {
            unsigned.compare(board, offset);
        }
        let x = Placed::new(&finite, offset, T::from_bits(T::WILD[6]));
        board.quantize_into(&x, &own);
    }
}

/// Values, parameters, and what the reference makes of them.
struct Task<T, Q> {
    x: Vec<T>,
    params: QuantParams,
    abs_max: f32,
    min_max: Option<(f32, f32)>,
    q: Vec<Q>,
    dequantized: Vec<T>,
}

impl<T: Input, Q: Byte> Task<T, Q> {
    fn new(random: &mut Rng, len: usize, params: QuantParams, wild: usize) -> Self {
        let x = painted(random, len, params, wild);
        let q = expected::quantize_with(&x, params);
        let dequantized = expected::dequantize(&q, params);
        let (abs_max, min_max) = (reference::abs_max(&x), reference::min_max(&x));
        Self { x, params, abs_max, min_max, q, dequantized }
    }

    fn placed(&self, offset: usize) -> Placed<T> {
        Placed::new(&self.x, offset, T::from_bits(T::WILD[6]))
    }

    fn limits(&self, board: &mut Board, offset: usize) {
        let x = self.placed(offset);
        board.abs_max(&x, self.abs_max);
        board.min_max(&x, self.min_max);
    }

    fn compare(&self, board: &mut Board, offset: usize) {
        let (x, params) = (self.placed(offset), self.params);
        board.quantize_with(&x, params, &self.q);
        board.fake_quantize_into(&x, params, &self.dequantized);
        let q = Placed::new(&self.q, offset, Q::UNTOUCHED);
        board.dequantize_into(&q, params, &self.dequantized);
    }
}
