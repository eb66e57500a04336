//! Checks any bits, by any scale.

use absmax::{QuantParams, Scheme};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{
    Byte, Input, any_kind, any_scheme, both_ranges, in_groups, painted, random_scales, within,
};
use crate::session::Session;

/// Any bits, by any scale.
pub const CHECK: Check = Check {
    name: "random bits",
    about: "any bit patterns, alone and among values near the steps of the quotient, by any scale \
            and scheme",
    run,
};

/// The number of values that are tried at a time.
const LEN: usize = 2000;

fn run(session: &Session<'_>) -> Result<Board> {
    let seeds = 0..session.effort.pick(8u32, 250);
    Ok(session.over(CHECK.name, &session.board(), seeds, |board, seed| {
        let random = &mut Rng::with_seed(seed.into());
        of_type::<f32>(board, random);
        of_type::<f16>(board, random);
        of_type::<bf16>(board, random);
    }))
}

fn of_type<T: Input>(board: &mut Board, random: &mut Rng) {
    for scale in random_scales(random, 1) {
        let [narrow, full] = both_ranges(scale);
        let (signed, unsigned) = (any_kind::<i8>(random, scale), any_kind::<u8>(random, scale));
        let kind = if random.bool() { signed } else { unsigned };
        let bits: Vec<T> = (0..LEN).map(|_| T::from_bits(random.u32(..))).collect();
        for values in [bits, painted(random, LEN, narrow, 3), painted(random, LEN, kind, 3)] {
            let x = Placed::new(&values, random.usize(..64), T::from_bits(0));
            board.limits(&x);
            board.with_both_ranges(&x, scale);
            board.with_params::<T, i8>(&x, if random.bool() { signed } else { full });
            board.with_params::<T, u8>(&x, unsigned);

            // These are the numbers among the values whose magnitudes one scale can tell apart.
            let numbers = values.into_iter().filter(|x| x.wide().abs() <= 127.0 * scale);
            own_scale(board, random, numbers.filter(|x| x.is_finite()).collect());
        }
        let peak = T::from_bits(random.u32(..));
        if peak.is_finite() {
            let values = within(random, LEN, peak, Scheme::int8());
            own_scale(board, random, values);
        }
        dequantized::<T, i8>(board, random, signed);
        dequantized::<T, u8>(board, random, unsigned);
    }
}

fn own_scale<T: Input>(board: &mut Board, random: &mut Rng, values: Vec<T>) {
    let x = Placed::new(&values, random.usize(..64), T::from_bits(0));
    board.limits(&x);
    board.quantize_into(&x, &expected::quantize(&x));
    // In a fourth of the cases, the values are one of sixteen groups or a few more.
    if random.u32(..4) == 0 {
        let size = [16, 32, 100, LEN][random.usize(..4)];
        board.tensor(&x, &[x.len()], in_groups(any_scheme(random), size));
    }
}

fn dequantized<T: Input, Q: Byte>(board: &mut Board, random: &mut Rng, params: QuantParams) {
    let q: Vec<Q> = (0..LEN).map(|_| Q::from_i32(random.i32(..))).collect();
    board.dequantize::<Q, T>(&Placed::new(&q, random.usize(..64), Q::UNTOUCHED), params);
}
