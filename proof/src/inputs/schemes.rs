//! The schemes to quantize by.

use absmax::{Mapping, Range, ScaleType, Scheme};
use fastrand::Rng;

/// Every way to lay a range over the integers.
pub const MAPPINGS: [Mapping; 6] = [
    Mapping::Symmetric(Range::Narrow),
    Mapping::AffineSigned,
    Mapping::Symmetric(Range::Full),
    Mapping::AffineUnsigned,
    Mapping::SymmetricOffset(Range::Narrow),
    Mapping::SymmetricOffset(Range::Full),
];

/// Numbers of bits.
pub const BITS: std::ops::RangeInclusive<u8> = 2..=8;

/// Types of scales.
pub const SCALE_TYPES: [ScaleType; 3] = [ScaleType::F32, ScaleType::F16, ScaleType::Bf16];

/// Sizes of groups: those that have kernels of their own, and others.
const GROUPS: [usize; 7] = [1, 5, 16, 32, 64, 100, 128];

/// The scheme of a mapping of so many bits, per tensor.
///
/// # Panics
///
/// Unless the bits are 2 to 8.
pub fn scheme(bits: u8, mapping: Mapping) -> Scheme {
    mapped(Scheme::int8().bits(bits).expect("bits that schemes have"), mapping)
}

/// The scheme with another mapping.
pub fn mapped(scheme: Scheme, mapping: Mapping) -> Scheme {
    match mapping {
        Mapping::Symmetric(range) => scheme.with_range(range),
        Mapping::SymmetricOffset(range) => scheme.with_range(range).with_offset(),
        Mapping::AffineSigned => scheme.affine(),
        Mapping::AffineUnsigned => scheme.unsigned(),
    }
}

/// Any mapping and number of bits, with scales of any type.
pub fn any_scheme(random: &mut Rng) -> Scheme {
    let mapping = MAPPINGS[random.usize(..MAPPINGS.len())];
    scheme(random.u8(BITS), mapping).with_scale_type(SCALE_TYPES[random.usize(..SCALE_TYPES.len())])
}

/// The scheme per tensor, along each axis and in groups. Of an odd number of bits, the axes are
/// counted from the end.
pub fn at_every_granularity(scheme: Scheme, rank: usize) -> Vec<Scheme> {
    let rank = rank.cast_signed();
    let first = if scheme.num_bits().is_multiple_of(2) { 0 } else { -rank };
    let mut schemes = vec![scheme.per_tensor()];
    schemes.extend((first..first + rank).map(|axis| scheme.per_channel(axis)));
    schemes.extend(GROUPS.map(|size| in_groups(scheme, size)));
    schemes
}

/// The scheme in groups of so many values.
///
/// # Panics
///
/// If `size` is 0.
pub fn in_groups(scheme: Scheme, size: usize) -> Scheme {
    scheme.per_group(size).expect("a size above 0")
}
