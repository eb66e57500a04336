//! What a tensor is to be quantized to: plain data.

use core::num::NonZeroUsize;

use crate::{Error, Result, ScaleType};

/// Which integers symmetric quantization to b bits uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Range {
    /// [-(2^(b-1) - 1), 2^(b-1) - 1], so [-127, 127] of 8 bits: -q is always there.
    /// scale = abs_max / (2^(b-1) - 1).
    Narrow,
    /// [-2^(b-1), 2^(b-1) - 1], so [-128, 127] of 8 bits: one value more.
    /// scale = abs_max / ((2^b - 1) / 2), so that the largest magnitude of either sign is half a
    /// step from an integer in use.
    Full,
}

impl Range {
    /// Narrow, but full for 4 bits and fewer, where one value more is worth having.
    pub const fn default_for(bits: u8) -> Self {
        if bits <= 4 { Self::Full } else { Self::Narrow }
    }
}

/// How the range of real values is laid over the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Mapping {
    /// Signed integers, and 0 stands for 0: x' = q * scale.
    Symmetric(Range),
    /// Signed integers, the range from the least to the largest value, widened to include 0:
    /// x' = (q - zero_point) * scale.
    AffineSigned,
    /// The same with unsigned integers; at 8 bits that of ONNX's `DynamicQuantizeLinear`.
    AffineUnsigned,
}

/// Which values share a scale and a zero point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Granularity {
    /// All of them.
    #[default]
    PerTensor,
    /// Those of one index along an axis; a negative axis counts from the end.
    PerChannel {
        /// The axis.
        axis: isize,
    },
    /// So many consecutive values along the last axis; the last group of a row may be shorter.
    PerGroup {
        /// Values of a group.
        size: NonZeroUsize,
    },
}

/// What a tensor is to be quantized to.
///
/// ```
/// use absmax::{Range, ScaleType, Scheme};
///
/// let weights = Scheme::int8().per_channel(0).with_scale_type(ScaleType::Bf16);
/// let packed = Scheme::int4().per_group(128)?;
/// let activations = Scheme::uint8();
/// assert_eq!((weights.qmin(), weights.qmax()), (-127, 127));
/// assert_eq!((packed.qmin(), packed.qmax()), (-8, 7));
/// assert_eq!((activations.qmin(), activations.qmax()), (0, 255));
/// # Ok::<(), absmax::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Scheme {
    bits: Bits,
    mapping: Mapping,
    granularity: Granularity,
    scale_type: ScaleType,
}

/// 2 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
struct Bits(u8);

impl TryFrom<u8> for Bits {
    type Error = Error;

    fn try_from(bits: u8) -> Result<Self> {
        if (2..=8).contains(&bits) { Ok(Self(bits)) } else { Err(Error::InvalidBits { bits }) }
    }
}

impl From<Bits> for u8 {
    fn from(bits: Bits) -> Self {
        bits.0
    }
}

impl Default for Scheme {
    fn default() -> Self {
        Self::int8()
    }
}

impl Scheme {
    /// Symmetric int8: [-127, 127], per tensor, binary32 scales.
    pub const fn int8() -> Self {
        Self {
            bits: Bits(8),
            mapping: Mapping::Symmetric(Range::Narrow),
            granularity: Granularity::PerTensor,
            scale_type: ScaleType::F32,
        }
    }

    /// Symmetric int4: [-8, 7], per tensor, binary32 scales.
    pub const fn int4() -> Self {
        Self { bits: Bits(4), mapping: Mapping::Symmetric(Range::Full), ..Self::int8() }
    }

    /// Affine uint8: [0, 255], per tensor, binary32 scales.
    pub const fn uint8() -> Self {
        Self { mapping: Mapping::AffineUnsigned, ..Self::int8() }
    }

    /// Affine uint4: [0, 15], per tensor, binary32 scales.
    pub const fn uint4() -> Self {
        Self { bits: Bits(4), ..Self::uint8() }
    }

    /// The same with another number of bits. A symmetric scheme gets the
    /// [default range](Range::default_for) of that.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidBits`] unless 2 <= `bits` <= 8.
    pub fn bits(self, bits: u8) -> Result<Self> {
        let bits = Bits::try_from(bits)?;
        let mapping = match self.mapping {
            Mapping::Symmetric(_) => Mapping::Symmetric(Range::default_for(bits.0)),
            affine => affine,
        };
        Ok(Self { bits, mapping, ..self })
    }

    /// One bit less, in the same storage: products of two 7-bit integers add up in 16 bits without
    /// saturating, which some CPUs' int8 instructions need. Frameworks know this as `reduce_range`.
    #[must_use]
    pub const fn reduce_range(self) -> Self {
        let bits = if self.bits.0 > 2 { self.bits.0 - 1 } else { 2 };
        Self { bits: Bits(bits), ..self }
    }

    /// Symmetric, with the [default range](Range::default_for) of the bits.
    #[must_use]
    pub const fn symmetric(self) -> Self {
        self.with_range(Range::default_for(self.bits.0))
    }

    /// Symmetric, with the given range.
    #[must_use]
    pub const fn with_range(self, range: Range) -> Self {
        Self { mapping: Mapping::Symmetric(range), ..self }
    }

    /// Affine, with signed integers.
    #[must_use]
    pub const fn affine(self) -> Self {
        Self { mapping: Mapping::AffineSigned, ..self }
    }

    /// Affine, with unsigned integers.
    #[must_use]
    pub const fn unsigned(self) -> Self {
        Self { mapping: Mapping::AffineUnsigned, ..self }
    }

    /// One scale for the whole tensor.
    #[must_use]
    pub const fn per_tensor(self) -> Self {
        Self { granularity: Granularity::PerTensor, ..self }
    }

    /// One scale for each index along `axis`; a negative axis counts from the end.
    #[must_use]
    pub const fn per_channel(self, axis: isize) -> Self {
        Self { granularity: Granularity::PerChannel { axis }, ..self }
    }

    /// One scale for every `size` consecutive values along the last axis. The last group of a row may
    /// be shorter.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidGroupSize`] if `size` is 0.
    pub fn per_group(self, size: usize) -> Result<Self> {
        let size = NonZeroUsize::new(size).ok_or(Error::InvalidGroupSize)?;
        Ok(Self { granularity: Granularity::PerGroup { size }, ..self })
    }

    /// The type that the scales will be stored in.
    #[must_use]
    pub const fn with_scale_type(self, scale_type: ScaleType) -> Self {
        Self { scale_type, ..self }
    }

    /// The number of bits, 2 to 8.
    pub const fn num_bits(self) -> u8 {
        self.bits.0
    }

    /// How the range is laid over the integers.
    pub const fn mapping(self) -> Mapping {
        self.mapping
    }

    /// Whether 0 stands for 0.
    pub const fn is_symmetric(self) -> bool {
        matches!(self.mapping, Mapping::Symmetric(_))
    }

    /// Whether the integers are unsigned.
    pub const fn is_unsigned(self) -> bool {
        matches!(self.mapping, Mapping::AffineUnsigned)
    }

    /// Which values share a scale.
    pub const fn granularity(self) -> Granularity {
        self.granularity
    }

    /// The type that the scales will be stored in.
    pub const fn scale_type(self) -> ScaleType {
        self.scale_type
    }

    /// The least integer in use.
    pub const fn qmin(self) -> i32 {
        let half = 1 << (self.bits.0 - 1);
        match self.mapping {
            Mapping::Symmetric(Range::Narrow) => 1 - half,
            Mapping::Symmetric(Range::Full) | Mapping::AffineSigned => -half,
            Mapping::AffineUnsigned => 0,
        }
    }

    /// The largest integer in use.
    pub const fn qmax(self) -> i32 {
        let half = 1 << (self.bits.0 - 1);
        match self.mapping {
            Mapping::AffineUnsigned => 2 * half - 1,
            _ => half - 1,
        }
    }
}
