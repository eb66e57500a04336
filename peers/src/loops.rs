//! Plain loops, as one would write them first, and loops that show the limits of the machine.
//!
//! The compiler makes of each loop what it can with all that this CPU has, as in a build for this
//! very CPU. An x86-64 build for every CPU could not even round without a function call.

use pulp::Arch;

/// Computes max |x|.
pub(crate) fn abs_max(x: &[f32]) -> f32 {
    Arch::new().dispatch(|| x.iter().fold(0.0, |top, x| if top < x.abs() { x.abs() } else { top }))
}

/// Reads everything.
pub(crate) fn read(x: &[f32]) -> u32 {
    Arch::new().dispatch(|| x.iter().fold(0, |bits, x| bits | x.to_bits()))
}

/// Computes clamp(round_half_even(x / scale), -127, 127).
pub(crate) fn divide(x: &[f32], scale: f32, q: &mut [i8]) {
    Arch::new().dispatch(|| {
        for (q, x) in q.iter_mut().zip(x) {
            *q = (x / scale).round_ties_even().clamp(-127.0, 127.0) as i8;
        }
    });
}

/// Computes clamp(round_half_even(x * (1 / scale)), -127, 127).
pub(crate) fn multiply(x: &[f32], scale: f32, q: &mut [i8]) {
    let reciprocal = 1.0 / scale;
    Arch::new().dispatch(|| {
        for (q, x) in q.iter_mut().zip(x) {
            *q = (x * reciprocal).round_ties_even().clamp(-127.0, 127.0) as i8;
        }
    });
}

/// Reads four bytes and writes one, for each value.
pub(crate) fn read_4_write_1(x: &[f32], q: &mut [i8]) {
    Arch::new().dispatch(|| {
        for (q, x) in q.iter_mut().zip(x) {
            *q = x.to_bits() as i8;
        }
    });
}

/// Computes q * scale.
pub(crate) fn dequantize(q: &[i8], scale: f32, x: &mut [f32]) {
    Arch::new().dispatch(|| {
        for (x, q) in x.iter_mut().zip(q) {
            *x = f32::from(*q) * scale;
        }
    });
}
