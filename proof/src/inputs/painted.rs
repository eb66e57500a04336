//! Values of every kind side by side, so that no block is like another.

use absmax::{QuantParams, Scheme, reference};
use fastrand::Rng;

use super::{Input, hard_values};

/// Values for these parameters. They are in the range of the parameters, and half of them are next
/// to a step of the quotient. One in `wild` of them (none if that is 0) is clipped, hard, or any
/// bits at all.
pub fn painted<T: Input>(random: &mut Rng, len: usize, params: QuantParams, wild: usize) -> Vec<T> {
    let scale = params.scale();
    let hard = hard_values(scale);
    let steps = [params.qmin(), params.qmax()].map(|q| q - params.zero_point());
    (0..len)
        .map(|_| {
            if wild == 0 || random.usize(..wild) != 0 {
                return T::of(ordinary(random, scale, steps));
            }
            match random.u32(..3) {
                0 => T::of(hard[random.usize(..hard.len())]),
                1 => T::of((random.f32() * 600.0 - 300.0) * scale),
                _ => T::from_bits(random.u32(..)),
            }
        })
        .collect()
}

/// Finite values of which `ends` are the least and the largest, somewhere among them. Half of the
/// other values are next to a step of the quotient by the scale of `ends`.
pub fn between<T: Input>(random: &mut Rng, len: usize, ends: [T; 2], scheme: Scheme) -> Vec<T> {
    let [low, high] = ends.map(T::wide);
    let (scale, zero_point) = reference::choose(low, high, scheme);
    let (qmin, qmax) = reference::integers(scheme).into_inner();
    let steps = [qmin, qmax].map(|q| q - zero_point);
    let limited = |x: T| {
        let number = x.wide();
        // If these ends have no scale, `number` is NaN, and the value becomes the low end.
        if number > low && number < high { x } else { ends[usize::from(number > low)] }
    };
    let mut values: Vec<T> =
        (0..len).map(|_| limited(T::of(ordinary(random, scale, steps)))).collect();
    if len != 0 {
        // Now and then both ends are put at the same place. Then all depends on the one that is put
        // there last.
        for end in if random.bool() { [0, 1] } else { [1, 0] } {
            values[random.usize(..len)] = ends[end];
        }
    }
    values
}

/// Finite values with magnitudes up to `peak` of either sign, drawn as by [`between`].
pub fn within<T: Input>(random: &mut Rng, len: usize, peak: T, scheme: Scheme) -> Vec<T> {
    let peak = peak.wide().abs();
    between(random, len, [-peak, peak].map(T::of), scheme)
}

/// A value between two steps of the quotient: anywhere, or next to one of the ties between them.
fn ordinary(random: &mut Rng, scale: f32, [least, most]: [i32; 2]) -> f32 {
    if random.bool() {
        return (least as f32 + random.f32() * (most - least) as f32) * scale;
    }
    let tie = (random.i32(least..most) as f32 + 0.5) * scale;
    // The magnitude never goes across zero. The least tie is half a subnormal, which is rounded to
    // zero.
    let magnitude = (tie.abs().to_bits() + random.u32(..=4)).saturating_sub(2);
    f32::from_bits(magnitude).copysign(tie)
}
