//! The floating-point environment of the caller and of other threads changes no bit, and is afterwards
//! what it was.
#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

mod answers;
#[path = "../common/mod.rs"]
mod common;
mod inputs;
mod register;
#[cfg(feature = "rayon")]
mod threads;

use std::hint::black_box;

use absmax::{Backend, Element};
use answers::{Answers, all};
use common::in_strides;
use half::{bf16, f16};
use inputs::inputs;
use register::{DEFAULT, ENVIRONMENTS, within};

/// All environments, or some.
fn environments() -> impl Iterator<Item = (&'static str, u64)> {
    let step = if in_strides() { 7 } else { 1 };
    ENVIRONMENTS.into_iter().rev().step_by(step)
}

#[test]
fn the_environment_of_the_caller_changes_no_bit() {
    for (kind, inputs) in inputs(40).iter().enumerate() {
        for backend in Backend::available() {
            let expected = all(backend, inputs);
            for (name, environment) in environments() {
                let found = within(environment, || all(backend, inputs));
                assert!(found == expected, "{}, data {kind}: {name}", backend.isa());
            }
        }
    }
}

/// Operations on a signalling NaN raise an exception, where they are operations on floats.
#[test]
fn a_signalling_nan_changes_nothing_else() {
    fn extremes<T: Element>(backend: Backend, nan: T, answers: &mut Answers) {
        for len in [1, 100, 1000] {
            let mut x = vec![T::from_f32(-2.0); len];
            x[len / 2] = nan;
            answers.number(backend.abs_max(&x));
            let (min, max) = backend.min_max(&x).unwrap();
            answers.number(min);
            answers.number(max);
            answers.integers(backend.quantize_into(&x, &mut vec![0; len]).map(|_| 0));
        }
    }
    for backend in Backend::available() {
        let all = || {
            let mut all = Answers::default();
            extremes(backend, f32::from_bits(0x7fa0_0001), &mut all);
            extremes(backend, f16::from_bits(0x7d01), &mut all);
            extremes(backend, bf16::from_bits(0x7fa1), &mut all);
            all.0
        };
        let expected = all();
        for (name, environment) in environments() {
            assert!(within(environment, all) == expected, "{}: {name}", backend.isa());
        }
    }
}

/// The control: the definition, computed here without entering the default environment, changes with
/// the environment on one kind of data at least.
#[test]
fn the_environments_are_others() {
    let inputs = inputs(1);
    let naive = || -> Vec<u32> {
        let mut bits = Vec::new();
        for x in inputs.iter().map(|inputs| &inputs.0.x) {
            let magnitudes = x.iter().map(|&x| black_box(x).abs());
            let largest = magnitudes.fold(0.0, |max: f32, x| if x > max { x } else { max });
            let scale = largest / 127.0;
            for &x in x {
                let q = (black_box(x) / scale).round_ties_even();
                bits.extend([q.to_bits(), (q * scale).to_bits()]);
            }
        }
        bits
    };
    let expected = naive();
    let mut unchanged = Vec::new();
    for (name, environment) in ENVIRONMENTS {
        if !name.contains("traps") && within(environment, naive) == expected {
            unchanged.push(name);
        }
    }
    // What is done with numbers of half precision and with NaN does not matter to these numbers.
    unchanged.retain(|name| !name.contains("half precision") && *name != "one NaN");
    assert_eq!(unchanged, [""; 0]);
    assert_eq!(within(DEFAULT, naive), expected);
    // Nor does it matter to a caller's own arithmetic, where the caller asks for that.
    for (name, environment) in ENVIRONMENTS {
        let found = within(environment, || absmax::in_default_environment(naive));
        assert!(found == expected, "{name}");
    }
}
