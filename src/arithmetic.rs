//! How scales, zero points and integers are computed, as plain data: exactly, or as another program
//! does.

mod axes;
mod presets;

pub use self::axes::{
    Blocks, Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits, Schemes,
    ZeroPoint, ZeroPointAdded, ZeroScale,
};
use crate::{Error, Result, Scheme};

/// How the scale, the zero point and the integers of a group of values are computed.
///
/// [`Arithmetic::exact`], the default, is this crate's own. Other programs compute nearly the same
/// by other operations, and now and then get the neighbouring integer. Each of them has a preset
/// here, for whoever needs the bits that it gave. A preset is nothing but a choice on each axis, a
/// field.
///
/// In the formulas, RN rounds to the nearest binary32 number, and to the even one of two that are
/// equally near. Every operation rounds so by itself. `low` and `high` are the least and the
/// largest value of a group and of 0, qmin and qmax the least and the largest integer. `range` is
/// high - low, and the largest magnitude if the scheme is symmetric. `steps` is how many steps the
/// range is divided into: qmax - qmin, and half of that if the scheme is symmetric (127 for
/// [`Range::Narrow`](crate::Range::Narrow), 127.5 for [`Range::Full`](crate::Range::Full), with 8
/// bits). `step` is the scale that the integers are made with. The scale that is stored may be
/// another number.
///
/// ```text
/// step        range / steps, then by ScaleLimits and ZeroScale
/// multiplier  by Multiplier
/// scale       by ScaleFormula and Narrowing
/// zero_point  by ZeroPoint; Scheme::offset if the scheme is symmetric
/// q           clamp(round(x * multiplier) + zero_point, qmin, qmax); Rounding, ZeroPointAdded
/// ```
///
/// A group of zeros is the zero point everywhere. Where a program's own answer is of no use, it is
/// refused: a scale that is infinite ([`Error::ScaleOverflow`]), and a multiplier that is infinite,
/// or a division by 0, in a group that is not all zeros ([`Error::ScaleUnderflow`]).
///
/// The numbers of f16 and bf16 are widened first, which is exact. [`Precision`] may say otherwise.
///
/// ```
/// use absmax::Arithmetic;
/// use absmax::arithmetic::{Multiplier, Rounding};
///
/// assert_eq!(Arithmetic::default(), Arithmetic::exact());
/// let ggml = Arithmetic::ggml();
/// assert_eq!((ggml.multiplier, ggml.rounding), (Multiplier::Reciprocal, Rounding::HalfAway));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Arithmetic {
    /// What values are multiplied by.
    pub multiplier: Multiplier,
    /// Which number is stored as the scale.
    pub scale: ScaleFormula,
    /// What becomes of small and large scales.
    pub limits: ScaleLimits,
    /// The scale of values that are all zero.
    pub zeros: ZeroScale,
    /// When the scale is rounded to the type that it is stored in.
    pub narrowing: Narrowing,
    /// How the zero point of an affine scheme is computed.
    pub zero_point: ZeroPoint,
    /// When the zero point is added.
    pub added: ZeroPointAdded,
    /// How numbers become integers.
    pub rounding: Rounding,
    /// Which operations are rounded to the type of the values.
    pub precision: Precision,
    /// The schemes that there are.
    pub schemes: Schemes,
    /// What blocks hold beside integers and a scale.
    pub blocks: Blocks,
}

impl Default for Arithmetic {
    fn default() -> Self {
        Self::exact()
    }
}

impl Arithmetic {
    /// Checks that there is the scheme.
    ///
    /// # Errors
    ///
    /// [`Error::ArithmeticMismatch`] if there is not.
    ///
    /// ```
    /// use absmax::{Arithmetic, Scheme};
    ///
    /// assert!(Arithmetic::onnx().check(Scheme::uint8()).is_ok());
    /// let error = Arithmetic::onnx().check(Scheme::int4()).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the arithmetic onnx has 8 bits, affine unsigned, but not 4 bits, symmetric from -8"
    /// );
    /// ```
    pub fn check(self, scheme: Scheme) -> Result<()> {
        if self.schemes.contains(scheme) {
            return Ok(());
        }
        Err(Error::ArithmeticMismatch {
            arithmetic: self.name().unwrap_or("given"),
            has: self.schemes.words(),
            bits: scheme.num_bits(),
            mapping: if scheme.is_symmetric() { "symmetric" } else { "affine" },
            qmin: scheme.qmin(),
        })
    }

    /// Checks that there are the blocks of ggml.
    ///
    /// # Errors
    ///
    /// [`Error::ArithmeticMismatch`] if there is not [`Scheme::int8`], [`Error::NoBlocks`] if the
    /// scale is not the step: then a block could not be read.
    ///
    /// ```
    /// use absmax::Arithmetic;
    ///
    /// assert!(Arithmetic::ggml().check_blocks().is_ok());
    /// let error = Arithmetic::bitsandbytes().check_blocks().unwrap_err();
    /// assert!(error.to_string().starts_with("the arithmetic bitsandbytes has no blocks"));
    /// ```
    pub fn check_blocks(self) -> Result<()> {
        self.check(Scheme::int8())?;
        match self.scale {
            ScaleFormula::Step | ScaleFormula::Binary64 => Ok(()),
            ScaleFormula::ReciprocalOfMultiplier | ScaleFormula::Range => {
                Err(Error::NoBlocks { arithmetic: self.name().unwrap_or("given") })
            }
        }
    }
}
