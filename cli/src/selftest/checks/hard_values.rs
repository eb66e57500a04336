//! Values that have cost others a bug, at every scale that might.

use absmax::{Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};

use super::Check;
use crate::selftest::compare::{Board, Placed, both_ranges};
use crate::selftest::expected;
use crate::selftest::inputs::{
    Input, end_binades, hard_scales, hard_values, powers_of_two, random_scales, within,
};
use crate::selftest::session::Session;

pub(super) const CHECK: Check = Check {
    name: "hard values",
    about: "zeros, subnormals, infinities, NaN, 2^31, every step of the quotient; at all powers of \
            two and their neighbours, the ends of the proven range and beyond, random scales",
    run,
};

fn run(session: &Session) -> anyhow::Result<Board> {
    let mut scales = hard_scales();
    scales.extend(powers_of_two());
    let random = &mut Rng::with_seed(2);
    scales.extend(end_binades(random, session.effort.pick(32, 400)));
    scales.extend(random_scales(random, session.effort.pick(8, 64)));
    Ok(session.over(CHECK.name, &session.board(), scales, |board, scale| {
        of_type::<f32>(board, scale);
        of_type::<f16>(board, scale);
        of_type::<bf16>(board, scale);
        dequantized(board, scale);
    }))
}

fn of_type<T: Input>(board: &mut Board, scale: f32) {
    let values: Vec<T> = hard_values(scale).into_iter().map(T::from_f32).collect();
    let x = Placed::new(&values, 0, T::from_bits(T::WILD[2]));
    board.abs_max(&x, reference::abs_max(&x));
    board.quantize_with_scale(&x, scale);

    // The same scale, more or less, where it comes from the data.
    let peak = T::from_f32(scale * 127.0);
    if peak.is_finite() {
        let mut random = Rng::with_seed(scale.to_bits().into());
        let values = within(&mut random, 600, peak, Scheme::int8());
        let x = Placed::new(&values, 0, T::from_bits(T::WILD[2]));
        board.abs_max(&x, reference::abs_max(&x));
        board.quantize_into(&x, &expected::quantize(&x));
    }
}

/// Every quantized value, and the one that the narrow range lacks.
fn dequantized(board: &mut Board, scale: f32) {
    let all: Vec<i8> = (i8::MIN..=i8::MAX).collect();
    let q = Placed::new(&all, 0, 1);
    for params in both_ranges(scale) {
        board.dequantize_into(&q, params, &expected::dequantize(&q, params));
    }
}
