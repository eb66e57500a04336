//! Scales that are hard.

use absmax::division::PROVEN;
use fastrand::Rng;
use half::{bf16, f16};

use super::Input;

/// A number, and the floats next to it that are scales.
fn around(scale: f32) -> impl Iterator<Item = f32> {
    [scale.next_down(), scale, scale.next_up()].into_iter().filter(is_scale)
}

fn is_scale(scale: &f32) -> bool {
    scale.is_finite() && *scale > 0.0
}

/// The ends of everything that has an end, and everyday scales.
pub fn hard_scales() -> Vec<f32> {
    let ends = [f32::from_bits(1), *PROVEN.start(), *PROVEN.end(), f32::MAX];
    let mut scales: Vec<f32> = ends.into_iter().flat_map(around).collect();
    // With the last significand before a power of two, the double of hi is furthest from 1 / s.
    scales.extend([1.0, 2.0f32.next_down(), 3.0, 0.1, 1.0 / 127.0, 1.0 / 127.5, 65504.0 / 127.0]);
    scales.extend([1e-40, 1e-30, 1e30, 1e38]);
    scales
}

/// Scales whose products with integers lie halfway between two f16 or two bf16, of which the even
/// one is below or above. Some products are next to the least subnormal, and some where infinity
/// begins.
pub fn halfway_scales() -> Vec<f32> {
    let digits = [(1, 8), (3, 8), (1, 11), (3, 11)];
    let mut scales: Vec<f32> =
        digits.into_iter().map(|(odd, place)| 1.0 + odd as f32 * f32::powi(2.0, -place)).collect();
    let least = [f16::from_bits(1).wide(), bf16::from_bits(1).wide()];
    scales.extend(least.into_iter().flat_map(|least| around(least / 2.0)));
    let largest = [65520.0, f32::from_bits(0x7f7f_8000)];
    scales.extend(
        largest.into_iter().flat_map(|largest| around(largest).chain(around(largest / 7.0))),
    );
    scales
}

/// Every power of two, from the least subnormal up, and its neighbours.
pub fn powers_of_two() -> Vec<f32> {
    let subnormal = (0..23).map(|bit| 1 << bit);
    let normal = (1..255).map(|exponent| exponent << 23);
    subnormal.chain(normal).flat_map(|bits| around(f32::from_bits(bits))).collect()
}

/// Any scales at all, each followed by one of the same digits and an everyday magnitude.
pub fn random_scales(random: &mut Rng, count: usize) -> Vec<f32> {
    (0..count)
        .flat_map(|_| {
            let any = random.u32(1..f32::INFINITY.to_bits());
            let everyday = any & 0x007f_ffff | random.u32(127 - 20..127 + 20) << 23;
            [any, everyday].map(f32::from_bits)
        })
        .collect()
}

/// Scales of any digits in the first and in the last binade of the proven range, and around them:
/// the enumeration of the division tries all digits in one binade, and these binades are the least
/// like that one.
pub fn end_binades(random: &mut Rng, count: usize) -> Vec<f32> {
    let ends = [PROVEN.start(), PROVEN.end()].map(|end| end.to_bits() >> 23);
    (0..count)
        .map(|_| {
            let exponent = ends[random.usize(..2)] - random.u32(..2);
            f32::from_bits(exponent << 23 | random.u32(1..1 << 23))
        })
        .collect()
}

/// The scales by which all f32 are divided.
pub fn exhaustive_scales() -> Vec<f32> {
    let powers = [0, -10, 20].map(|exponent| f32::powi(2.0, exponent));
    let ends = [f32::from_bits(1), *PROVEN.start(), *PROVEN.end(), f32::MAX];
    let mut scales: Vec<f32> = powers.into_iter().chain(ends).flat_map(around).collect();
    scales.extend([0.1, 1.0 / 127.0]);
    scales.extend(random_scales(&mut Rng::with_seed(1), 3));
    scales
}
