//! Parameters of every kind.

use absmax::QuantParams;
use fastrand::Rng;

use super::Byte;
use super::byte::Kind;

/// The symmetric int8 parameters of a scale.
pub fn both_ranges(scale: f32) -> [QuantParams; 2] {
    [(0, -127, 127), (0, -128, 127)].map(|kind| params(scale, kind))
}

/// Parameters of every kind, for integers of one type.
pub fn every_kind<Q: Byte>(scale: f32) -> Vec<QuantParams> {
    Q::KINDS.iter().map(|&kind| params(scale, kind)).collect()
}

/// Parameters of one kind, for integers of one type.
pub fn any_kind<Q: Byte>(random: &mut Rng, scale: f32) -> QuantParams {
    params(scale, Q::KINDS[random.usize(..Q::KINDS.len())])
}

/// Parameters of one kind.
///
/// # Panics
///
/// If [`QuantParams`] cannot be of this kind.
pub fn params(scale: f32, (zero_point, qmin, qmax): Kind) -> QuantParams {
    QuantParams::new(scale, zero_point, qmin..=qmax).expect("a scale, and integers of a byte")
}
