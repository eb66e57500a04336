//! Every kernel on every backend returns the reference's bits.

mod common;

use absmax::{Backend, Element, Integer, QuantParams, ScaleType, Scheme, reference};
use common::{LENGTHS, Random, SCALES, hard_values, painted, params};
use half::{bf16, f16};
use proptest::prelude::*;

/// All operations that take parameters, on one backend.
fn check_with<T: Element, Q: Integer + Default>(backend: Backend, x: &[T], params: QuantParams) {
    let context = |what: &str, i: usize| {
        let (isa, t, len) = (backend.isa(), T::NAME, x.len());
        format!("{what} {isa} {t} {}: {i} of {len}, {:?} by {params:?}", Q::NAME, x[i])
    };
    let mut q = vec![Q::default(); x.len()];
    backend.quantize_with(x, params, &mut q).unwrap();
    for (i, (&x, &q)) in x.iter().zip(&q).enumerate() {
        assert_eq!(q.to_i32(), reference::quantize_one(x, params), "{}", context("quantize", i));
    }
    let (mut wide, mut narrow) = (vec![f32::NAN; q.len()], vec![T::from_f32(f32::NAN); q.len()]);
    backend.dequantize_into(&q, params, &mut wide).unwrap();
    backend.dequantize_into(&q, params, &mut narrow).unwrap();
    let mut fake = vec![T::from_f32(f32::NAN); x.len()];
    backend.fake_quantize_into(x, params, &mut fake).unwrap();
    for (i, &q) in q.iter().enumerate() {
        let expected = reference::dequantize_one(q, params);
        assert_eq!(wide[i].to_bits(), expected.to_bits(), "{}", context("dequantize", i));
        let expected = T::from_f32(expected).to_f32().to_bits();
        assert_eq!(narrow[i].to_f32().to_bits(), expected, "{}", context("narrow", i));
        assert_eq!(fake[i].to_f32().to_bits(), expected, "{}", context("fake", i));
    }
}

/// Runs the slice operations on all backends at one length, offset and scale.
fn check<T: Element>(values: &[f32], offset: usize, scale: f32) {
    let all: Vec<T> = values.iter().map(|&v| T::from_f32(v)).collect();
    let x = &all[offset.min(all.len())..];
    let context = |b: Backend| format!("{} {} len {} offset {offset}", b.isa(), T::NAME, x.len());
    let bits = |limits: Option<(f32, f32)>| limits.map(|(a, b)| (a.to_bits(), b.to_bits()));
    let finite: Vec<T> = x.iter().copied().filter(|x| x.to_f32().is_finite()).collect();
    let abs_max = reference::abs_max(&finite);
    let (own_scale, _) = reference::choose(-abs_max, abs_max, Scheme::int8());
    let own = QuantParams::symmetric(own_scale).unwrap();
    let own_q: Vec<i32> = finite.iter().map(|&x| reference::quantize_one(x, own)).collect();
    for backend in Backend::available() {
        let (found, expected) = (backend.abs_max(x), reference::abs_max(x));
        assert_eq!(found.to_bits(), expected.to_bits(), "abs_max {}", context(backend));
        let (found, expected) = (backend.min_max(x), reference::min_max(x));
        assert_eq!(bits(found), bits(expected), "min_max {}", context(backend));

        for params in params::<i8>(scale) {
            check_with::<T, i8>(backend, x, params);
        }
        for params in params::<u8>(scale) {
            check_with::<T, u8>(backend, x, params);
        }

        let mut q = vec![55; finite.len()];
        let found = backend.quantize_into(&finite, &mut q).unwrap();
        assert_eq!(found.to_bits(), own_scale.to_bits(), "scale {}", context(backend));
        assert!(q.iter().map(|&q| i32::from(q)).eq(own_q.iter().copied()), "{}", context(backend));
    }
}

fn check_all(values: &[f32], offset: usize, scale: f32) {
    check::<f32>(values, offset, scale);
    check::<f16>(values, offset, scale);
    check::<bf16>(values, offset, scale);
}

#[test]
fn at_every_length_and_offset() {
    let mut random = Random(1);
    for len in LENGTHS {
        for offset in [0, 1, 5, 16, 31] {
            let scale = SCALES[random.below(SCALES.len())];
            let values = painted(&mut random, len + offset, scale);
            check_all(&values, offset, scale);
            // Nothing to clip: the path that never looks back.
            let tame: Vec<f32> = values.iter().map(|_| random.unit() * 127.0 * scale).collect();
            check_all(&tame, offset, scale);
        }
    }
}

#[test]
fn on_hard_values_at_every_scale() {
    for scale in SCALES {
        check_all(&hard_values(scale), 0, scale);
    }
}

#[test]
fn with_one_wild_value_at_each_place() {
    // One panel and a ragged end, and a value that the hopeful path cannot do right.
    for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -127.5, 127.5, -1e30, 3e9, 1e38] {
        for at in (0..300).step_by(7) {
            let mut values: Vec<f32> = (0..300).map(|i| (i % 255) as f32 - 127.0).collect();
            values[at] = wild;
            check::<f32>(&values, 0, 1.0);
        }
    }
}

#[test]
fn of_rows() {
    let mut random = Random(2);
    for row_len in [1, 3, 15, 16, 17, 64, 100, 257, 4096] {
        for rows in [0, 1, 2, 7] {
            let x: Vec<f32> = (0..rows * row_len)
                .map(|i| random.unit() * f32::powi(10.0, (i / row_len) as i32 * 10 - 30))
                .collect();
            let mut expected = (vec![], vec![]);
            for row in x.chunks(row_len) {
                let (q, scale) = absmax::quantize(row).unwrap();
                expected.0.extend(q);
                expected.1.push(scale);
            }
            for backend in Backend::available() {
                let (mut q, mut scales) = (vec![1; x.len()], vec![0.0; rows]);
                backend.quantize_rows_into(&x, row_len, &mut q, &mut scales).unwrap();
                assert_eq!((q, scales), expected, "{} {rows} x {row_len}", backend.isa());
            }
        }
    }
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
        check_all(&values, offset, scale);
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
        check::<f32>(&values, 0, scale);
    }

    #[test]
    fn of_parameters_in_every_scheme(a in any::<f32>(), b in any::<f32>()) {
        let limits = if a <= b { (a, b) } else { (b, a) };
        for bits in 2..=8 {
            for scheme in [Scheme::int8(), Scheme::int8().affine(), Scheme::uint8()] {
                for scale_type in [ScaleType::F32, ScaleType::F16, ScaleType::Bf16] {
                    let scheme = scheme.bits(bits).unwrap().scale_type(scale_type);
                    match scheme.params(limits.0, limits.1) {
                        Ok(params) => {
                            let (scale, zero_point) = reference::choose(limits.0, limits.1, scheme);
                            prop_assert_eq!(params.scale().to_bits(), scale.to_bits());
                            prop_assert_eq!(params.zero_point(), zero_point);
                        }
                        Err(_) => prop_assert!(
                            !(limits.0.is_finite() && limits.1.is_finite())
                                || reference::choose(limits.0, limits.1, scheme).0.is_infinite()
                        ),
                    }
                }
            }
        }
    }
}
