//! Values of every kind side by side, so that no block is like another.

use absmax::{Scheme, reference};
use fastrand::Rng;

use super::{Input, hard_values};

/// For a scale: values in its range, half of them next to a step of the quotient, and one in
/// `wild` (0: none) that is clipped, hard, or any bits at all.
pub(in crate::selftest) fn painted<T: Input>(
    random: &mut Rng,
    len: usize,
    scale: f32,
    wild: usize,
) -> Vec<T> {
    let hard = hard_values(scale);
    (0..len)
        .map(|_| {
            if wild == 0 || random.usize(..wild) != 0 {
                return T::from_f32(ordinary(random, scale));
            }
            match random.u32(..3) {
                0 => T::from_f32(hard[random.usize(..hard.len())]),
                1 => T::from_f32((random.f32() * 600.0 - 300.0) * scale),
                _ => T::from_bits(random.u32(..)),
            }
        })
        .collect()
}

/// Finite values whose largest magnitude is `peak`, somewhere among them, half of the others next
/// to a step of the quotient by the scale of that.
pub(in crate::selftest) fn within<T: Input>(
    random: &mut Rng,
    len: usize,
    peak: T,
    scheme: Scheme,
) -> Vec<T> {
    let largest = peak.to_f32();
    let (scale, _) = reference::choose(-largest, largest, scheme);
    let mut values: Vec<T> = (0..len)
        .map(|_| T::from_f32(ordinary(random, scale)))
        .map(|x| if x.to_f32().abs() <= largest { x } else { peak })
        .collect();
    if len != 0 {
        values[random.usize(..len)] = peak;
    }
    values
}

fn ordinary(random: &mut Rng, scale: f32) -> f32 {
    let magnitude = if random.bool() {
        random.f32() * 127.0 * scale
    } else {
        let step = (random.u32(..127) as f32 + 0.5) * scale;
        // Never below zero: the least step is that of half a subnormal, which is rounded to zero.
        f32::from_bits((step.to_bits() + random.u32(..=4)).saturating_sub(2))
    };
    if random.bool() { magnitude } else { -magnitude }
}
