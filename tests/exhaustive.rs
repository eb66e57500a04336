//! All 65,536 values of the 16-bit types, hard values and random bits, and the enumeration behind the exact
//! division.
//!
//! All 2^32 values of binary32 are left to `absmax selftest --exhaustive`.

mod common;

use absmax::division::{self, Reciprocal, SIGNIFICANDS};
use absmax::{Backend, Isa, QuantParams};
use absmax_proof::checks;
use absmax_proof::compare::{Board, Placed};
use absmax_proof::control;
use absmax_proof::inputs::{Byte, Input, Value, every_kind, hard_scales};
use common::{agree, holds, in_strides};
use half::{bf16, f16};

#[test]
fn all_f16_and_all_bf16() {
    holds(checks::SIXTEEN_BITS);
}

#[test]
fn hard_values_at_every_scale() {
    holds(checks::HARD_VALUES);
}

#[test]
fn random_bits_by_any_scale() {
    holds(checks::RANDOM_BITS);
}

#[test]
fn all_f16_and_all_bf16_widened_and_narrowed() {
    holds(checks::CONVERSIONS);
}

#[test]
fn the_limits_of_each_value_alone() {
    agree(|board| {
        each_alone::<f16>(board);
        each_alone::<bf16>(board);
    });
}

fn each_alone<T: Input>(board: &mut Board) {
    for bits in 0..=u16::MAX {
        board.limits(&Placed::new(&[T::from_bits(bits.into())], 0, T::UNTOUCHED));
    }
}

#[test]
fn all_integers() {
    agree(|board| {
        dequantized::<i8>(board);
        dequantized::<u8>(board);
    });
}

fn dequantized<Q: Byte>(board: &mut Board) {
    let all: Vec<Q> = (Q::MIN..=Q::MAX).map(Q::from_i32).collect();
    let all = Placed::new(&all, 0, Q::UNTOUCHED);
    for params in hard_scales().into_iter().flat_map(every_kind::<Q>) {
        board.dequantize::<Q, f32>(&all, params);
        board.dequantize::<Q, f16>(&all, params);
        board.dequantize::<Q, bf16>(&all, params);
    }
}

#[test]
fn what_lies_between_numbers_of_16_bits() {
    agree(|board| {
        between::<f16>(board);
        between::<bf16>(board);
    });
}

/// Products halfway between two neighbours, and just beside it, are rounded to one of them.
fn between<T: Input>(board: &mut Board) {
    let q = Placed::new(&[1i8, -1], 0, i8::UNTOUCHED);
    let number = |bits| f64::from(T::from_bits(bits).wide());
    let stride = if in_strides() { 61 } else { 7 };
    for bits in (0..0x7fff).step_by(stride).take_while(|&bits| number(bits + 1).is_finite()) {
        let half = ((number(bits) + number(bits + 1)) / 2.0) as f32;
        for scale in [half.next_down(), half, half.next_up()] {
            // The least scales are no scales.
            if let Ok(params) = QuantParams::symmetric(scale) {
                board.dequantize::<i8, T>(&q, params);
            }
        }
    }
}

/// Every significand on the best backend, a share of them on the others, and far fewer where
/// instructions are emulated: `ABSMAX_STRIDE` overrides.
#[test]
fn the_product_stands_for_the_division() {
    let stride: Option<u32> = std::env::var("ABSMAX_STRIDE").ok().map(|s| s.parse().unwrap());
    for backend in Backend::available() {
        let best = backend.isa() == Backend::best().isa();
        let stride = stride.unwrap_or(if best { 8 } else { 64 });
        let part = SIGNIFICANDS / stride;
        let start = SIGNIFICANDS / 2 - part / 2;
        let tally = division::check(backend, start..start + part, Reciprocal::new);
        println!("{}: {tally:?}", backend.isa());
        assert_eq!(tally.cases, u64::from(part) * 256 * 9);
        assert_eq!((tally.mismatches, tally.stepless), (0, 0), "{}", backend.isa());
    }
}

/// The check can fail: with the other formula for lo it does, for one scale in 2^23, the last.
#[test]
fn the_enumeration_has_teeth() {
    for backend in Backend::available() {
        let around = SIGNIFICANDS - 20..SIGNIFICANDS;
        let tally = division::check(backend, around.clone(), control::reciprocal);
        // The portable backend divides, whatever it is given.
        let expected = u64::from(backend.isa() != Isa::Portable);
        assert_eq!(tally.mismatches, expected, "{}", backend.isa());
        assert_eq!(division::check(backend, around, Reciprocal::new).mismatches, 0);
    }
}
