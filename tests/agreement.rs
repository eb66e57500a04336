//! Every kernel on every backend returns the reference's bits. Strides only: this runs under emulators,
//! too, where everything is sixty times slower; `absmax selftest` tries all.

mod common;

use absmax::QuantParams;
use absmax_proof::compare::{Board, Placed};
use absmax_proof::inputs::{BITS, Byte, Input, MAPPINGS, SCALE_TYPES, any_kind, scheme};
use absmax_proof::{checks, expected};
use common::{agree, holds_in_strides};
use fastrand::Rng;
use half::{bf16, f16};
use proptest::prelude::*;

#[test]
fn at_every_length_and_offset() {
    holds_in_strides(checks::LENGTHS);
}

#[test]
fn on_hard_values_at_every_scale() {
    holds_in_strides(checks::HARD_VALUES);
}

#[test]
fn on_random_bits() {
    holds_in_strides(checks::RANDOM_BITS);
}

#[test]
fn of_rows_and_tensors() {
    holds_in_strides(checks::TENSORS);
}

#[test]
fn of_statistics_of_errors() {
    holds_in_strides(checks::ERRORS);
}

#[test]
fn of_numbers_one_at_a_time() {
    holds_in_strides(checks::CONVERSIONS);
}

#[test]
fn with_one_wild_value_at_each_place() {
    // One panel and a ragged end, and a value that the hopeful path cannot do right.
    for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -127.5, 127.5, -1e30, 3e9, 1e38] {
        for at in (0..300).step_by(7) {
            let mut values: Vec<f32> = (0..300).map(|i| (i % 255) as f32 - 127.0).collect();
            values[at] = wild;
            agree(|board| everything::<f32>(board, &values, 0, 1.0));
        }
    }
}

/// All that is done to a slice, with symmetric int8 and other parameters of a scale.
fn everything<T: Input>(board: &mut Board, values: &[f32], offset: usize, scale: f32) {
    let random = &mut Rng::with_seed(scale.to_bits().into());
    let values: Vec<T> = values.iter().copied().map(T::of).collect();
    let x = Placed::new(&values, offset, T::UNTOUCHED);
    board.limits(&x);
    board.with_both_ranges(&x, scale);
    for _ in 0..8 {
        by_params::<T, i8>(board, &x, any_kind::<i8>(random, scale));
        by_params::<T, u8>(board, &x, any_kind::<u8>(random, scale));
    }
    let finite: Vec<T> = values.into_iter().filter(|x| x.is_finite()).collect();
    let own = expected::quantize(&finite);
    board.quantize_into(&Placed::new(&finite, offset, T::UNTOUCHED), &own);
}

fn by_params<T: Input, Q: Byte>(board: &mut Board, x: &Placed<T>, params: QuantParams) {
    board.with_params::<T, Q>(x, params);
    let q: Vec<Q> = expected::quantize_with(x, params);
    let q = Placed::new(&q, x.offset(), Q::UNTOUCHED);
    board.dequantize::<Q, f32>(&q, params);
    board.dequantize::<Q, T>(&q, params);
}

proptest! {
    #[test]
    fn on_any_bits(
        bits in prop::collection::vec(any::<u32>(), 0..600),
        offset in 0usize..40,
        scale in prop_oneof![
            any::<f32>().prop_map(f32::abs).prop_filter("valid", |s| s.is_finite() && *s > 0.0),
            (-20i32..20).prop_map(|exponent| 2f32.powi(exponent)),
        ],
    ) {
        let values: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        agree(|board| {
            everything::<f32>(board, &values, offset, scale);
            everything::<f16>(board, &values, offset, scale);
            everything::<bf16>(board, &values, offset, scale);
        });
    }

    #[test]
    fn on_data_near_the_steps(
        steps in prop::collection::vec((-140i32..140, -3i32..=3), 0..400),
        significand in 0u32..1 << 23,
        exponent in -120i32..79,
    ) {
        let scale = f32::from_bits(((exponent + 127) as u32) << 23 | significand);
        let values: Vec<f32> = steps
            .into_iter()
            .map(|(k, ulps)| {
                let tie = (k as f32 + 0.5) * scale;
                f32::from_bits(tie.to_bits().wrapping_add_signed(ulps))
            })
            .collect();
        agree(|board| everything::<f32>(board, &values, 0, scale));
    }

    #[test]
    fn of_parameters_in_every_scheme(a in any::<f32>(), b in any::<f32>()) {
        let (min, max) = if a <= b { (a, b) } else { (b, a) };
        agree(|board| {
            for bits in BITS {
                for mapping in MAPPINGS {
                    for scale_type in SCALE_TYPES {
                        board.params(scheme(bits, mapping).scale_type(scale_type), min, max);
                    }
                }
            }
        });
    }
}
