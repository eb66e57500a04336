//! Checks values that have cost other libraries a bug, at every scale that might.

use absmax::{QuantParams, Scheme};
use fastrand::Rng;
use half::{bf16, f16};

use super::check::Check;
use crate::compare::{Board, Placed};
use crate::error::Result;
use crate::expected;
use crate::inputs::{
    Byte, Input, any_kind, any_scheme, between, end_binades, every_kind, halfway_scales,
    hard_scales, hard_values, powers_of_two, random_scales, within,
};
use crate::session::Session;

/// Values that have cost others a bug, at every scale that might.
pub const CHECK: Check = Check {
    name: "hard values",
    about: "zeros, subnormals, infinities, NaN, 2^31, every step of the quotient, every integer; at \
            all powers of two and their neighbours, the ends of the proven range and beyond, random \
            scales; with parameters of every kind",
    run,
};

/// The kinds of parameters that a scale is tried with, beside symmetric int8.
#[derive(Clone, Copy, Debug)]
enum Kinds {
    Every,
    /// One kind of signed or of unsigned integers.
    Any,
}

fn run(session: &Session<'_>) -> Result<Board> {
    let random = &mut Rng::with_seed(2);
    let mut scales = powers_of_two();
    scales.extend(end_binades(random, session.effort.pick(32, 400)));
    scales.extend(random_scales(random, session.effort.pick(8, 64)));
    let hard = hard_scales().into_iter().chain(halfway_scales());
    let hard = hard.step_by(session.effort.pick(7, 1)).map(|scale| (scale, Kinds::Every));
    let others = scales.into_iter().step_by(session.effort.pick(59, 1));
    let others = others.map(|scale| (scale, Kinds::Any));
    let items: Vec<(f32, Kinds)> = hard.chain(others).collect();
    Ok(session.over(CHECK.name, &session.board(), items, |board, (scale, kinds)| {
        of_type::<f32>(board, scale, kinds);
        of_type::<f16>(board, scale, kinds);
        of_type::<bf16>(board, scale, kinds);
        every_integer::<i8>(board, scale, kinds);
        every_integer::<u8>(board, scale, kinds);
    }))
}

/// Parameters for integers of one type.
fn params<Q: Byte>(scale: f32, kinds: Kinds) -> Vec<QuantParams> {
    let random = &mut Rng::with_seed(scale.to_bits().into());
    match kinds {
        Kinds::Every => every_kind::<Q>(scale),
        Kinds::Any if random.bool() == (Q::MIN < 0) => vec![any_kind::<Q>(random, scale)],
        Kinds::Any => vec![],
    }
}

fn of_type<T: Input>(board: &mut Board, scale: f32, kinds: Kinds) {
    let guard = T::from_bits(T::WILD[2]);
    let values: Vec<T> = hard_values(scale).into_iter().map(T::of).collect();
    let x = Placed::new(&values, 0, guard);
    board.limits(&x);
    board.with_both_ranges(&x, scale);
    for params in params::<i8>(scale, kinds) {
        board.with_params::<T, i8>(&x, params);
    }
    for params in params::<u8>(scale, kinds) {
        board.with_params::<T, u8>(&x, params);
    }
    let numbers: Vec<T> = values.into_iter().filter(|x| !x.wide().is_nan()).collect();
    board.limits(&Placed::new(&numbers, 0, guard));

    // Here the scale is computed from the data, and is about this one.
    let random = &mut Rng::with_seed(scale.to_bits().into());
    let ends = [-scale * 128.0 * random.f32(), scale * 127.0].map(T::of);
    if ends[1].is_finite() {
        let x = Placed::new(&within(random, 600, ends[1], Scheme::int8()), 0, guard);
        board.limits(&x);
        board.quantize_into(&x, &expected::quantize(&x));

        let scheme = any_scheme(random);
        let x = Placed::new(&between(random, 300, ends, scheme), 0, guard);
        board.tensor(&x, &[300], scheme);
    }
}

/// Every integer that a byte holds, also where fewer are in use.
fn every_integer<Q: Byte>(board: &mut Board, scale: f32, kinds: Kinds) {
    let all: Vec<Q> = (Q::MIN..=Q::MAX).map(Q::from_i32).collect();
    let q = Placed::new(&all, 0, Q::UNTOUCHED);
    for params in params::<Q>(scale, kinds) {
        board.dequantize::<Q, f32>(&q, params);
        board.dequantize::<Q, f16>(&q, params);
        board.dequantize::<Q, bf16>(&q, params);
    }
}
