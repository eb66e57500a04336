//! Any bits, by any scale.

use absmax::{Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::Check;
use crate::selftest::compare::{Board, Placed, both_ranges};
use crate::selftest::expected;
use crate::selftest::inputs::{Input, painted, random_scales, within};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "random bits",
    about: "any bit patterns, alone and among values near the steps of the quotient, by any scale",
    run,
};

/// Values at a time.
const LEN: usize = 2000;

fn run(session: &Session) -> anyhow::Result<Board> {
    let seeds = 0..session.effort.pick(16u32, 400);
    Ok(session.over(CHECK.name, &session.board(), seeds, |board, seed| {
        let random = &mut Rng::with_seed(seed.into());
        of_type::<f32>(board, random);
        of_type::<f16>(board, random);
        of_type::<bf16>(board, random);
        dequantized(board, random);
    }))
}

fn of_type<T: Input>(board: &mut Board, random: &mut Rng) {
    for scale in random_scales(random, 1) {
        let bits = (0..LEN).map(|_| T::from_bits(random.u32(..))).collect();
        for values in [bits, painted(random, LEN, scale, 3)] {
            let x = Placed::new(&values, random.usize(..64), T::from_bits(0));
            board.abs_max(&x, reference::abs_max(&x));
            board.quantize_with_scale(&x, scale);

            // The numbers among them, of magnitudes that one scale can tell apart.
            let numbers = values.into_iter().filter(|x| x.to_f32().abs() <= 127.0 * scale);
            own_scale(board, random, numbers.filter(|x| x.is_finite()).collect());
        }
        let peak = T::from_bits(random.u32(..));
        if peak.is_finite() {
            let values = within(random, LEN, peak, Scheme::int8());
            own_scale(board, random, values);
        }
    }
}

fn own_scale<T: Input>(board: &mut Board, random: &mut Rng, values: Vec<T>) {
    let x = Placed::new(&values, random.usize(..64), T::from_bits(0));
    board.quantize_into(&x, &expected::quantize(&x));
}

fn dequantized(board: &mut Board, random: &mut Rng) {
    let q: Vec<i8> = (0..LEN).map(|_| random.i8(..)).collect();
    let q = Placed::new(&q, random.usize(..64), 0);
    for params in random_scales(random, 4).into_iter().flat_map(both_ranges) {
        board.dequantize_into(&q, params, &expected::dequantize(&q, params));
    }
}
