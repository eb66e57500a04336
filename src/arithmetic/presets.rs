//! The presets: what this crate and other programs choose on each axis.

use super::{
    Arithmetic, Blocks, Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits,
    Schemes, ZeroPoint, ZeroPointAdded, ZeroScale,
};

impl Arithmetic {
    /// All presets, by name. The names of programs are theirs.
    ///
    /// ```
    /// use absmax::Arithmetic;
    ///
    /// let names = Arithmetic::PRESETS.map(|(name, _)| name);
    /// assert!(names.contains(&"exact") && names.contains(&"ggml-x86"));
    /// ```
    pub const PRESETS: [(&str, Self); 11] = [
        ("exact", Self::exact()),
        ("onnx", Self::onnx()),
        ("torch", Self::torch()),
        ("torchao", Self::torchao()),
        ("compressed-tensors", Self::compressed_tensors()),
        ("bitsandbytes", Self::bitsandbytes()),
        ("ggml", Self::ggml()),
        ("ggml-x86", Self::ggml_x86()),
        ("candle", Self::candle()),
        ("xnnpack", Self::xnnpack()),
        ("kleidiai", Self::kleidiai()),
    ];

    /// The preset of a name, if there is one.
    ///
    /// ```
    /// use absmax::Arithmetic;
    ///
    /// assert_eq!(Arithmetic::by_name("torchao"), Some(Arithmetic::torchao()));
    /// assert_eq!(Arithmetic::by_name("abacus"), None);
    /// ```
    pub fn by_name(name: &str) -> Option<Self> {
        Self::PRESETS.iter().find(|preset| preset.0 == name).map(|preset| preset.1)
    }

    /// The name of the preset that this is, if it is one.
    ///
    /// ```
    /// use absmax::Arithmetic;
    /// use absmax::arithmetic::Rounding;
    ///
    /// assert_eq!(Arithmetic::ggml().name(), Some("ggml"));
    /// let own = Arithmetic { rounding: Rounding::HalfAway, ..Arithmetic::exact() };
    /// assert_eq!(own.name(), None);
    /// ```
    pub fn name(self) -> Option<&'static str> {
        Self::PRESETS.iter().find(|preset| preset.1 == self).map(|preset| preset.0)
    }

    /// This crate's own: values are divided, ties go to even, and the scale is rounded first. A
    /// scale is a positive normal number, and that of zeros is 1. It has every scheme.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::Schemes};
    ///
    /// assert_eq!(Arithmetic::exact().schemes, Schemes::All);
    /// ```
    pub const fn exact() -> Self {
        Self {
            multiplier: Multiplier::Divide,
            scale: ScaleFormula::Step,
            limits: ScaleLimits::Normal,
            zeros: ZeroScale::One,
            narrowing: Narrowing::Before,
            zero_point: ZeroPoint::Difference,
            added: ZeroPointAdded::AfterRounding,
            rounding: Rounding::HalfEven,
            precision: Precision::F32,
            schemes: Schemes::All,
            blocks: Blocks::Plain,
        }
    }

    /// ONNX Runtime: `DynamicQuantizeLinear`, and `QuantizeLinear` with a scale that is given. As
    /// [`exact`](Self::exact), but scales may be subnormal.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::ScaleLimits};
    ///
    /// assert_eq!(Arithmetic::onnx().limits, ScaleLimits::None);
    /// ```
    pub const fn onnx() -> Self {
        Self { limits: ScaleLimits::None, schemes: Schemes::Unsigned, ..Self::exact() }
    }

    /// PyTorch: `torch.quantize_per_tensor_dynamic` to `quint8`, and with a scale that is given
    /// `torch.quantize_per_tensor` and `torch.quantize_per_channel`. The scale is at least 6.1e-5,
    /// and that of zeros is 0.1.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::ZeroScale};
    ///
    /// assert_eq!(Arithmetic::torch().zeros, ZeroScale::Tenth);
    /// ```
    pub const fn torch() -> Self {
        Self {
            multiplier: Multiplier::Reciprocal,
            scale: ScaleFormula::Binary64,
            limits: ScaleLimits::Widened,
            zeros: ZeroScale::Tenth,
            zero_point: ZeroPoint::EitherEndBinary64,
            schemes: Schemes::Unsigned,
            ..Self::exact()
        }
    }

    /// torchao's `Int8Tensor`: `choose_qparams_affine` with its least scale of 2^-23, and
    /// `quantize_affine`. A symmetric scheme is one of [`Range::Full`](crate::Range::Full).
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::ScaleLimits};
    ///
    /// assert_eq!(Arithmetic::torchao().limits, ScaleLimits::AtLeastEpsilon);
    /// ```
    pub const fn torchao() -> Self {
        Self {
            multiplier: Multiplier::Reciprocal,
            limits: ScaleLimits::AtLeastEpsilon,
            zeros: ZeroScale::Zero,
            zero_point: ZeroPoint::RoundedQuotient,
            precision: Precision::ElementParameters,
            schemes: Schemes::FullOrSigned,
            ..Self::exact()
        }
    }

    /// compressed-tensors: `calculate_qparams` and `quantize`, to int8. Everything is computed in
    /// the type of the values, and the zero point is added before rounding. The scale of zeros is
    /// epsilon, and their zero point 0.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::Precision};
    ///
    /// assert_eq!(Arithmetic::compressed_tensors().precision, Precision::Element);
    /// ```
    pub const fn compressed_tensors() -> Self {
        Self {
            limits: ScaleLimits::None,
            zeros: ZeroScale::Epsilon,
            zero_point: ZeroPoint::DifferenceOrZero,
            added: ZeroPointAdded::BeforeRounding,
            precision: Precision::Element,
            schemes: Schemes::FullOrSigned,
            ..Self::exact()
        }
    }

    /// bitsandbytes: `int8_vectorwise_quant`. The scale is the largest magnitude itself, 0 for
    /// zeros: who dequantizes divides by 127.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::ScaleFormula};
    ///
    /// assert_eq!(Arithmetic::bitsandbytes().scale, ScaleFormula::Range);
    /// ```
    pub const fn bitsandbytes() -> Self {
        Self {
            multiplier: Multiplier::StepsTimesReciprocal,
            scale: ScaleFormula::Range,
            limits: ScaleLimits::None,
            zeros: ZeroScale::Zero,
            schemes: Schemes::Narrow,
            ..Self::exact()
        }
    }

    /// ggml's reference in C: `quantize_row_q8_0_ref`, `quantize_row_q8_1_ref`,
    /// `quantize_row_q8_K_ref`. Scales are rounded to f16 after quantizing, and may be 0, as that
    /// of zeros is. Those of q8_K are f32, and negative if the value of the largest magnitude is
    /// positive.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::Narrowing};
    ///
    /// assert_eq!(Arithmetic::ggml().narrowing, Narrowing::After);
    /// ```
    pub const fn ggml() -> Self {
        Self {
            multiplier: Multiplier::Reciprocal,
            limits: ScaleLimits::None,
            zeros: ZeroScale::Zero,
            narrowing: Narrowing::After,
            rounding: Rounding::HalfAway,
            schemes: Schemes::Narrow,
            blocks: Blocks::Signed,
            ..Self::exact()
        }
    }

    /// ggml's kernels for x86 with AVX: `quantize_row_q8_0`, `quantize_row_q8_1`. Its
    /// `quantize_row_q8_K` is the reference. As [`ggml`](Self::ggml) otherwise.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::Rounding};
    ///
    /// assert_eq!(Arithmetic::ggml_x86().rounding, Rounding::HalfEven);
    /// ```
    pub const fn ggml_x86() -> Self {
        Self {
            multiplier: Multiplier::StepsOverRange,
            rounding: Rounding::HalfEven,
            ..Self::ggml()
        }
    }

    /// candle: `BlockQ8_0`, `BlockQ8_1`, `BlockQ8K`, as `QTensor::quantize` makes them. As
    /// [`ggml`](Self::ggml), but for the sums of q8_1 and the ties of q8_K.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::Blocks};
    ///
    /// assert_eq!(Arithmetic::candle().blocks, Blocks::SignedAway);
    /// ```
    pub const fn candle() -> Self {
        Self { blocks: Blocks::SignedAway, ..Self::ggml() }
    }

    /// XNNPACK: the conversion of f32 to `qd8`, `xnn_f32_qd8_asymmetric_quantization_params`. The
    /// zero point of zeros is 127.
    ///
    /// ```
    /// use absmax::Arithmetic;
    /// use absmax::arithmetic::{Multiplier, ScaleFormula};
    ///
    /// let xnnpack = Arithmetic::xnnpack();
    /// assert_eq!(xnnpack.multiplier, Multiplier::StepsOverRange);
    /// assert_eq!(xnnpack.scale, ScaleFormula::ReciprocalOfMultiplier);
    /// ```
    pub const fn xnnpack() -> Self {
        Self {
            multiplier: Multiplier::StepsOverRange,
            scale: ScaleFormula::ReciprocalOfMultiplier,
            limits: ScaleLimits::None,
            zero_point: ZeroPoint::EitherEnd,
            schemes: Schemes::Signed,
            ..Self::exact()
        }
    }

    /// KleidiAI: `kai_run_lhs_quant_pack_qai8dxp_f32`, which stores the zero point negated. As
    /// [`xnnpack`](Self::xnnpack), but half goes away from 0. Its functions for f16 and bf16 round
    /// in other ways.
    ///
    /// ```
    /// use absmax::{Arithmetic, arithmetic::Rounding};
    ///
    /// assert_eq!(Arithmetic::kleidiai().rounding, Rounding::HalfAway);
    /// ```
    pub const fn kleidiai() -> Self {
        Self { rounding: Rounding::HalfAway, ..Self::xnnpack() }
    }
}
