//! What a tensor is to be quantized to: plain data.

use core::fmt;

use half::{bf16, f16};

use crate::{Error, QuantParams, Result};

/// Which of the 256 values of an `i8` symmetric quantization uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Range {
    /// [-127, 127], scale = abs_max / 127: zero is in the middle and -q is always there.
    #[default]
    Narrow,
    /// [-128, 127], scale = abs_max / 127.5: one value more.
    Full,
}

impl Range {
    /// The least quantized value.
    pub const fn qmin(self) -> i8 {
        match self {
            Self::Narrow => -127,
            Self::Full => -128,
        }
    }

    /// The largest quantized value.
    pub const fn qmax(self) -> i8 {
        127
    }

    /// The number of steps from zero to the largest magnitude: scale = abs_max / steps.
    pub const fn steps(self) -> f32 {
        match self {
            Self::Narrow => 127.0,
            Self::Full => 127.5,
        }
    }
}

/// The type that scales will be stored in. The scale is rounded to it first and the values are
/// quantized against the rounded scale, which is what they will be multiplied by again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ScaleType {
    /// binary32: nothing is rounded.
    #[default]
    F32,
    /// binary16: to nearest even from 2^-14 up; below that up to the next subnormal, so that a
    /// scale is neither lost nor made too small for its data.
    F16,
    /// bfloat16: to nearest even.
    Bf16,
}

impl ScaleType {
    /// `scale` rounded to this type; infinity if it overflows.
    ///
    /// ```
    /// use absmax::ScaleType;
    ///
    /// assert_eq!(ScaleType::Bf16.round(0.1), 0.100097656);
    /// assert_eq!(ScaleType::F16.round(1e-9), 2f32.powi(-24)); // up to the least subnormal
    /// assert_eq!(ScaleType::F16.round(1e6), f32::INFINITY);
    /// ```
    pub fn round(self, scale: f32) -> f32 {
        const SMALLEST_NORMAL: f32 = f16::MIN_POSITIVE.to_f32_const();
        const SUBNORMALS_PER_UNIT: f32 = (1 << 24) as f32;
        match self {
            Self::F32 => scale,
            Self::Bf16 => bf16::from_f32(scale).to_f32(),
            Self::F16 if 0.0 < scale && scale < SMALLEST_NORMAL => {
                // Below 1024 and scaled by a power of two: exact, and so is the way back.
                let units = scale * SUBNORMALS_PER_UNIT;
                let whole = units as u16;
                let up = whole + u16::from(f32::from(whole) < units);
                f32::from(up) / SUBNORMALS_PER_UNIT
            }
            Self::F16 => f16::from_f32(scale).to_f32(),
        }
    }
}

impl fmt::Display for ScaleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

/// Which values share a scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// All of them.
    #[default]
    PerTensor,
    /// Those of one index along an axis; a negative axis counts from the end.
    PerChannel {
        /// The axis.
        axis: isize,
    },
}

/// What a tensor is to be quantized to.
///
/// ```
/// use absmax::{Range, ScaleType, Scheme};
///
/// let weights = Scheme::int8().per_channel(0).scale_type(ScaleType::Bf16);
/// let tokens = Scheme::int8().per_channel(-2).range(Range::Full);
/// assert_ne!(weights, tokens);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scheme {
    granularity: Granularity,
    range: Range,
    scale_type: ScaleType,
}

impl Scheme {
    /// Symmetric int8, narrow range, per tensor, binary32 scales.
    pub const fn int8() -> Self {
        Self {
            granularity: Granularity::PerTensor,
            range: Range::Narrow,
            scale_type: ScaleType::F32,
        }
    }

    /// One scale for all values: the default.
    pub const fn per_tensor(self) -> Self {
        Self { granularity: Granularity::PerTensor, ..self }
    }

    /// One scale for each index along `axis`; a negative axis counts from the end.
    pub const fn per_channel(self, axis: isize) -> Self {
        Self { granularity: Granularity::PerChannel { axis }, ..self }
    }

    /// The quantized values to use.
    pub const fn range(self, range: Range) -> Self {
        Self { range, ..self }
    }

    /// The type that the scales will be stored in.
    pub const fn scale_type(self, scale_type: ScaleType) -> Self {
        Self { scale_type, ..self }
    }

    /// Which values share a scale.
    pub const fn granularity(self) -> Granularity {
        self.granularity
    }

    /// The quantized values in use.
    pub const fn quantized_range(self) -> Range {
        self.range
    }

    /// The type that the scales will be stored in.
    pub const fn stored_scale_type(self) -> ScaleType {
        self.scale_type
    }

    /// The parameters for values whose largest magnitude is `abs_max`:
    /// scale = abs_max / [`steps`](Range::steps), in one binary32 division; 1 if `abs_max` is 0; at
    /// least [`f32::MIN_POSITIVE`]; then rounded to the scale's type.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidAbsMax`] if `abs_max` is negative or not finite, [`Error::ScaleOverflow`] if
    /// the scale overflows its type.
    ///
    /// ```
    /// let params = absmax::Scheme::int8().params(254.0)?;
    /// assert_eq!(params.scale(), 2.0);
    /// # Ok::<(), absmax::Error>(())
    /// ```
    pub fn params(self, abs_max: f32) -> Result<QuantParams> {
        if !(abs_max.is_finite() && abs_max >= 0.0) {
            return Err(Error::InvalidAbsMax { abs_max });
        }
        let scale = self.scale(abs_max);
        if scale == f32::INFINITY {
            let scale_type = self.scale_type;
            return Err(Error::ScaleOverflow { channel: 0, abs_max, scale_type });
        }
        Ok(QuantParams::symmetric(scale)?.with_range(self.range))
    }

    /// [`Scheme::params`]' scale, for a finite `abs_max`; infinity if it overflows its type.
    #[inline(always)]
    pub(crate) fn scale(self, abs_max: f32) -> f32 {
        if abs_max == 0.0 {
            return 1.0;
        }
        let scale = abs_max / self.range.steps();
        let scale = if scale < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { scale };
        match self.scale_type {
            ScaleType::F32 => scale,
            narrower => narrower.round(scale),
        }
    }
}
