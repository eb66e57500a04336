//! Every kernel on every backend returns the reference's bits. Not much of anything: this runs under
//! emulators, too, where everything is sixty times slower. The other tests and `absmax selftest` try more.

mod common;

use absmax::{QuantParams, Scheme};
use absmax_proof::compare::{Board, Placed};
use absmax_proof::inputs::{
    BITS, Byte, Input, MAPPINGS, Matrix, SCALE_TYPES, Stored, any_kind, hard_scales, hard_values,
    scheme, within,
};
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
fn on_hard_values_at_hard_scales() {
    for scale in hard_scales().into_iter().step_by(2) {
        agree(|board| of_each_type(board, &hard_values(scale), 0, scale));
    }
}

#[test]
fn of_rows() {
    let random = &mut Rng::with_seed(2);
    for row_len in [1, 3, 15, 16, 17, 64, 100, 257, 4096] {
        for rows in [1, 2, 7] {
            let scheme = Scheme::int8().per_channel(0);
            let x: Vec<f32> = (0..rows as i32 * 10)
                .step_by(10)
                .flat_map(|row| within(random, row_len, f32::powi(10.0, row - 30), scheme))
                .collect();
            let (x, shape) = (Placed::new(&x, 3, f32::NAN), [rows, row_len]);
            agree(|board| {
                let expected = expected::quantize_tensor::<_, i8>(&x, &shape, scheme);
                board.quantize_rows(&x, (Matrix::gapless(shape), scheme, Stored::WIDE), &expected);
                board.tensor(&x, &shape, scheme);
                board.tensor(&x, &shape, Scheme::uint4().per_channel(1));
            });
        }
    }
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

fn of_each_type(board: &mut Board, values: &[f32], offset: usize, scale: f32) {
    everything::<f32>(board, values, offset, scale);
    everything::<f16>(board, values, offset, scale);
    everything::<bf16>(board, values, offset, scale);
}

/// All that is done to a slice, with symmetric int8 and other parameters of a scale.
fn everything<T: Input>(board: &mut Board, values: &[f32], offset: usize, scale: f32) {
    let random = &mut Rng::with_seed(scale.to_bits().into());
    let values: Vec<T> = values.iter().copied().map(T::of).collect();
    let x = Placed::new(&values, offset, T::UNTOUCHED);
    board.limits(&x);
    board.with_both_ranges(&x, scale);
    for _ in 0..4 {
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
        agree(|board| of_each_type(board, &values, offset, scale));
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
                        board.params(scheme(bits, mapping).with_scale_type(scale_type), min, max);
                    }
                }
            }
        });
    }
}
