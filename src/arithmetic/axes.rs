//! The axes of an arithmetic: what there is to choose, each with its formula.

use crate::{Mapping, Range, Scheme};

/// What values are multiplied by to become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Multiplier {
    /// Nothing: they are divided, RN(x / step).
    Divide,
    /// RN(1 / step).
    Reciprocal,
    /// RN(steps / range). With a scale that is given, RN(1 / scale).
    StepsOverRange,
    /// RN(steps * RN(1 / range)). With a scale that is given, `range` is the scale if that is
    /// [`ScaleFormula::Range`], and `steps` is half of qmax - qmin. Otherwise this is RN(1 / scale).
    StepsTimesReciprocal,
}

/// Which number is stored as the scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ScaleFormula {
    /// The step, RN(range / steps).
    Step,
    /// The step, computed in binary64 and rounded to binary32 once.
    Binary64,
    /// RN(1 / multiplier).
    ReciprocalOfMultiplier,
    /// The range itself. Who dequantizes divides by `steps`.
    Range,
}

/// What becomes of small and large scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ScaleLimits {
    /// They stay as they are, and may be subnormal.
    None,
    /// A step is at least 2^-126, the least normal number. Where high - low overflows, the step is
    /// high / steps - low / steps.
    Normal,
    /// A step is at least 2^-23, that of a group of zeros too.
    AtLeastEpsilon,
    /// A step that is 0, or whose reciprocal overflows, becomes the [`ZeroScale`]. Another below
    /// 6.1e-5 becomes 6.1e-5, and with it low and high become `a * low` and `a * high` for the zero
    /// point, where a = RN(6.1e-5 / step). If one of them is 0, the other becomes 6.1e-5 * steps in
    /// magnitude.
    Widened,
}

/// The scale of values that are all zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ZeroScale {
    /// 1.
    One,
    /// 0: such a scale is not a positive number, and is not taken back as one.
    Zero,
    /// 0.1.
    Tenth,
    /// The distance from 1 to the next number of the type of the values: 2^-23 for f32, 2^-10 for
    /// f16, 2^-7 for bf16.
    Epsilon,
}

/// When the scale is rounded to the type that it is stored in, [`ScaleType`](crate::ScaleType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Narrowing {
    /// Before quantizing: the integers are made with the rounded scale, which `ScaleType` defines.
    Before,
    /// After quantizing: the integers are made with a scale that is not stored. The stored one is
    /// rounded to the nearest number, and that may be 0.
    After,
}

/// How the zero point of an affine scheme is computed. All clamp it to the integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ZeroPoint {
    /// round_half_even(qmin - low / step).
    Difference,
    /// The same, but 0 if all values are zero.
    DifferenceOrZero,
    /// qmin - round_half_even(low / step).
    RoundedQuotient,
    /// round_half_even(z), where z is qmin - low * m if (qmin + low * m) + (qmax + high * m) > 0,
    /// else qmax - high * m, and m is the multiplier.
    EitherEnd,
    /// In binary64, with a step that is not yet rounded: round_half_even(z), where z is qmin - low
    /// / step if |qmin| - |low / step| < |qmax| - |high / step|, else qmax - high / step.
    EitherEndBinary64,
}

/// When the zero point is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ZeroPointAdded {
    /// q = clamp(round(x * multiplier) + zero_point).
    AfterRounding,
    /// q = clamp(round(x * multiplier + zero_point)): ties go to another integer if the zero point
    /// is odd.
    BeforeRounding,
}

/// How numbers become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Rounding {
    /// To the nearest integer, and to the even one of two that are equally near.
    HalfEven,
    /// To the nearest integer, and to the one farther from 0 of two that are equally near.
    HalfAway,
}

/// Which operations are rounded to the type of the values, if that is f16 or bf16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Precision {
    /// None: values are widened to binary32 first.
    F32,
    /// Those of the scale and the zero point. Values are widened, and multiplied in binary32.
    ElementParameters,
    /// All.
    Element,
}

/// The schemes that there are. A preset has those that its program has and that it was compared
/// for; others are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Schemes {
    /// Every scheme.
    All,
    /// 8 bits, symmetric, [`Range::Narrow`].
    Narrow,
    /// 8 bits, symmetric with [`Range::Full`], and [`Mapping::AffineSigned`].
    FullOrSigned,
    /// 8 bits, [`Mapping::AffineSigned`].
    Signed,
    /// 8 bits, [`Mapping::AffineUnsigned`].
    Unsigned,
}

/// What the blocks q8_1 and q8_K of ggml hold. RN16 rounds to the nearest f16, and Σq is the sum of
/// a block's integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Blocks {
    /// q8_1: s = RN16(RN(Σq * step)). q8_K: integers and scale as everywhere.
    Plain,
    /// q8_1: the same. q8_K: the multiplier is m = RN(-127 / max), where max is the first value of
    /// the largest magnitude, with its sign. The scale is RN(1 / m), which is negative if max is
    /// positive. Half goes to even.
    Signed,
    /// q8_1: s = RN16(RN16(Σq) * scale), with the scale that is stored. q8_K: as before, but half
    /// goes away from 0.
    SignedAway,
}

impl Schemes {
    /// Whether a scheme is one of them. Granularity and the type of the scales do not matter.
    ///
    /// ```
    /// use absmax::Scheme;
    /// use absmax::arithmetic::Schemes;
    ///
    /// assert!(Schemes::Narrow.contains(Scheme::int8()));
    /// assert!(!Schemes::Narrow.contains(Scheme::uint8()));
    /// ```
    pub const fn contains(self, scheme: Scheme) -> bool {
        let mapping = scheme.mapping();
        let has_mapping = match self {
            Self::All => return true,
            Self::Narrow => matches!(mapping, Mapping::Symmetric(Range::Narrow)),
            Self::FullOrSigned => {
                matches!(mapping, Mapping::Symmetric(Range::Full) | Mapping::AffineSigned)
            }
            Self::Signed => matches!(mapping, Mapping::AffineSigned),
            Self::Unsigned => matches!(mapping, Mapping::AffineUnsigned),
        };
        has_mapping && scheme.num_bits() == 8
    }

    /// What they are, in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::All => "every scheme",
            Self::Narrow => "8 bits, symmetric from -127",
            Self::FullOrSigned => "8 bits, symmetric from -128 or affine signed",
            Self::Signed => "8 bits, affine signed",
            Self::Unsigned => "8 bits, affine unsigned",
        }
    }
}
