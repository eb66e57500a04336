//! What a tensor is to be quantized to, as plain data.

use core::num::NonZeroUsize;

use crate::{Error, Result, ScaleType};

/// Which integers symmetric quantization to b bits uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Range {
    /// [-(2^(b-1) - 1), 2^(b-1) - 1], which is [-127, 127] for 8 bits. With every integer q, it
    /// holds -q. scale = abs_max / (2^(b-1) - 1).
    Narrow,
    /// [-2^(b-1), 2^(b-1) - 1], which is [-128, 127] for 8 bits. It holds one integer more. scale =
    /// abs_max / ((2^b - 1) / 2), so that the largest magnitude of either sign is half a step from
    /// an integer in use.
    Full,
}

impl Range {
    /// The default range is narrow, but full for 4 bits and fewer, where one integer more is worth
    /// having.
    pub const fn default_for(bits: u8) -> Self {
        if bits <= 4 { Self::Full } else { Self::Narrow }
    }
}

/// How the range of real values is laid over the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Mapping {
    /// Signed integers, of which 0 stands for 0: x' = q * scale.
    Symmetric(Range),
    /// Signed integers for the range from the least to the largest value, extended to include 0:
    /// x' = (q - zero_point) * scale.
    AffineSigned,
    /// Unsigned integers for the range from the least to the largest value, extended to include 0.
    /// With 8 bits, this is the mapping of ONNX's `DynamicQuantizeLinear`.
    AffineUnsigned,
    /// As [`Mapping::Symmetric`], with [`Scheme::offset`] added to each integer: an unsigned integer
    /// whose zero point is always the same. With 8 bits, u8 = q + 128, which is the left operand of
    /// products of [`u8`] by [`i8`], as VNNI has them.
    SymmetricOffset(Range),
}

/// Which values share a scale and a zero point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Granularity {
    /// All values of the tensor.
    #[default]
    PerTensor,
    /// The values of one index along an axis. A negative axis counts from the end.
    PerChannel {
        /// The axis.
        axis: isize,
    },
    /// Every `size` consecutive values along the last axis. The last group of a row may be shorter.
    PerGroup {
        /// The number of values of a group.
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

/// A number of bits, 2 to 8.
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

    /// This scheme with another number of bits. A symmetric scheme gets the [default
    /// range](Range::default_for) of that number.
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

    /// This scheme with one bit less, but at least 2, in the same storage. Products of two 7-bit
    /// integers add up in 16 bits without saturating, which some CPUs' int8 instructions need.
    /// Frameworks know this as `reduce_range`.
    #[must_use]
    pub const fn reduce_range(self) -> Self {
        let bits = if self.bits.0 > 2 { self.bits.0 - 1 } else { 2 };
        Self { bits: Bits(bits), ..self }
    }

    /// This scheme made symmetric, with the [default range](Range::default_for) of its bits.
    #[must_use]
    pub const fn symmetric(self) -> Self {
        self.with_range(Range::default_for(self.bits.0))
    }

    /// This scheme made symmetric, with the given range.
    #[must_use]
    pub const fn with_range(self, range: Range) -> Self {
        Self { mapping: Mapping::Symmetric(range), ..self }
    }

    /// This scheme made affine, with signed integers.
    #[must_use]
    pub const fn affine(self) -> Self {
        Self { mapping: Mapping::AffineSigned, ..self }
    }

    /// This scheme made affine, with unsigned integers.
    #[must_use]
    pub const fn unsigned(self) -> Self {
        Self { mapping: Mapping::AffineUnsigned, ..self }
    }

    /// This scheme, with unsigned integers for the signed ones: each is larger by 2^(bits - 1). An
    /// affine scheme becomes [`Mapping::AffineUnsigned`], a symmetric one
    /// [`Mapping::SymmetricOffset`].
    ///
    /// ```
    /// use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
    ///
    /// let (mut q, mut scale) = ([0u8; 3], [0.0]);
    /// let out = QuantizedMut::new(RowsMut::new(&mut q, 1, 3)?).with_scales(&mut scale);
    /// Backend::best().quantize_rows(Scheme::int8().with_offset(), Rows::new(&[-1.0, 0.0, 1.0], 1, 3)?, out)?;
    /// assert_eq!(q, [128 - 127, 128, 128 + 127]);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    #[must_use]
    pub const fn with_offset(self) -> Self {
        let mapping = match self.mapping {
            Mapping::Symmetric(range) => Mapping::SymmetricOffset(range),
            Mapping::AffineSigned => Mapping::AffineUnsigned,
            unsigned => unsigned,
        };
        Self { mapping, ..self }
    }

    /// This scheme with one scale for the whole tensor.
    #[must_use]
    pub const fn per_tensor(self) -> Self {
        Self { granularity: Granularity::PerTensor, ..self }
    }

    /// This scheme with one scale for each index along `axis`. A negative axis counts from the end.
    /// Axis 0 gives weights [out, in] a scale for each output channel, and activations
    /// [tokens, features] a scale for each token.
    #[must_use]
    pub const fn per_channel(self, axis: isize) -> Self {
        Self { granularity: Granularity::PerChannel { axis }, ..self }
    }

    /// This scheme with one scale for every `size` consecutive values along the last axis. The last
    /// group of a row may be shorter.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidGroupSize`] if `size` is 0.
    pub fn per_group(self, size: usize) -> Result<Self> {
        let size = NonZeroUsize::new(size).ok_or(Error::InvalidGroupSize)?;
        Ok(Self { granularity: Granularity::PerGroup { size }, ..self })
    }

    /// This scheme with another type that the scales will be stored in.
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

    /// Whether the scheme is symmetric, so that all zero points are [`Scheme::offset`].
    pub const fn is_symmetric(self) -> bool {
        matches!(self.mapping, Mapping::Symmetric(_) | Mapping::SymmetricOffset(_))
    }

    /// Whether the scheme is that of [`Scheme::int8`], of any granularity.
    #[inline(always)]
    pub(crate) const fn is_plain_int8(self) -> bool {
        let narrow = matches!(self.mapping, Mapping::Symmetric(Range::Narrow));
        narrow && self.bits.0 == 8 && matches!(self.scale_type, ScaleType::F32)
    }

    /// Whether the integers are unsigned.
    pub const fn is_unsigned(self) -> bool {
        matches!(self.mapping, Mapping::AffineUnsigned | Mapping::SymmetricOffset(_))
    }

    /// The zero point of every set, if the scheme is symmetric: 0, or 2^(bits - 1) for
    /// [`Mapping::SymmetricOffset`]. It is 0 for affine schemes, whose sets have zero points of
    /// their own.
    ///
    /// ```
    /// use absmax::Scheme;
    ///
    /// assert_eq!((Scheme::int8().offset(), Scheme::int8().with_offset().offset()), (0, 128));
    /// ```
    pub const fn offset(self) -> i32 {
        match self.mapping {
            Mapping::SymmetricOffset(_) => 1 << (self.bits.0 - 1),
            _ => 0,
        }
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
            Mapping::AffineUnsigned | Mapping::SymmetricOffset(Range::Full) => 0,
            Mapping::SymmetricOffset(Range::Narrow) => 1,
        }
    }

    /// The largest integer in use.
    pub const fn qmax(self) -> i32 {
        let half = 1 << (self.bits.0 - 1);
        match self.mapping {
            Mapping::AffineUnsigned | Mapping::SymmetricOffset(_) => 2 * half - 1,
            _ => half - 1,
        }
    }
}
