//! The schemes that a sweep tries.

use absmax::Scheme;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::scheme::Granularity;

/// The number of bits that a stored scale takes. Checkpoints keep scales in the type of their
/// weights, which has 16 bits in checkpoints that are quantized for their size.
const SCALE_BITS: f64 = 16.0;

/// A scheme that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Bits of integers.
    pub bits: u8,
    /// Which values share a scale. The last group of a row may be shorter than the others.
    pub granularity: Granularity,
    /// How the range of values lies over the integers.
    pub mapping: Mapping,
}

/// How the range of values lies over the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mapping {
    /// The range is laid around zero, over the default range of the bits.
    Symmetric,
    /// The range from the least to the largest value is laid over signed integers, with a zero
    /// point.
    Asymmetric,
}

impl Mapping {
    /// The two mappings.
    pub const ALL: [Self; 2] = [Self::Symmetric, Self::Asymmetric];

    /// `symmetric` or `asymmetric`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Symmetric => "symmetric",
            Self::Asymmetric => "asymmetric",
        }
    }
}

/// All candidates with these bits, the fewest bits first, and for each number of bits from one
/// scale to many. `group_sizes` are in falling order.
pub(super) fn candidates(bits: &[u8], group_sizes: &[usize]) -> Vec<Candidate> {
    let bits = (2..=8).filter(|n| bits.contains(n));
    let of_bits = |bits| {
        let granularities = granularities(group_sizes).into_iter();
        granularities.flat_map(move |granularity| {
            Mapping::ALL.map(|mapping| Candidate { bits, granularity, mapping })
        })
    };
    bits.flat_map(of_bits).collect()
}

fn granularities(group_sizes: &[usize]) -> Vec<Granularity> {
    let groups = group_sizes.iter().map(|&size| Granularity::Group(size));
    [Granularity::Tensor, Granularity::Channel].into_iter().chain(groups).collect()
}

impl Candidate {
    /// The scheme by which kernels quantize a weight [out, in], or some of its rows. Scales are
    /// binary32.
    pub(super) fn scheme(&self) -> Result<Scheme> {
        let scheme = Scheme::int8().bits(self.bits)?;
        let scheme = match self.mapping {
            Mapping::Symmetric => scheme.symmetric(),
            Mapping::Asymmetric => scheme.affine(),
        };
        Ok(self.granularity.of(scheme)?)
    }

    /// How many values of a row share a scale.
    pub(super) fn set_len(&self, row_len: usize) -> usize {
        match self.granularity {
            Granularity::Tensor | Granularity::Channel => row_len,
            Granularity::Group(size) => size,
        }
    }

    /// How many scales a weight has.
    pub(super) fn scale_count(&self, shape: [usize; 2]) -> Result<u64> {
        Ok(self.scheme()?.scale_count(&shape)? as u64)
    }

    /// The number of bits that one of so many values takes, with its part of the scales and zero
    /// points.
    pub(super) fn bits_per_weight(&self, values: u64, scales: u64) -> f64 {
        let bits = f64::from(self.bits);
        let zero_point = if self.mapping == Mapping::Symmetric { 0.0 } else { bits };
        bits + scales as f64 / values as f64 * (SCALE_BITS + zero_point)
    }
}
