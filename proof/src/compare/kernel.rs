//! The operations that are compared.

use serde::Serialize;

/// An operation under test, by the name of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// `Backend::abs_max`.
    AbsMax,
    /// `Backend::min_max`.
    MinMax,
    /// `Backend::quantize_with_into`, by the caller's parameters.
    QuantizeWithInto,
    /// `Backend::fake_quantize_into`, by the caller's parameters and back.
    FakeQuantizeInto,
    /// `Backend::quantize_into`, by the data's own scale.
    QuantizeInto,
    /// `Backend::quantize_rows`, by any scheme.
    QuantizeRows,
    /// `Backend::quantize_rows_with`, by the caller's parameters.
    QuantizeRowsWith,
    /// `Backend::quantize_tensor_into`, by any scheme.
    QuantizeTensorInto,
    /// `QuantizedMut::with_sums`, by the data's own parameters and by given ones.
    WithSums,
    /// `QuantizedMut::with_scaled_sums`.
    WithScaledSums,
    /// `QuantizedMut::with_tiles`, by the data's own parameters and by given ones.
    WithTiles,
    /// `ByArithmetic::quantize_rows`, by every preset.
    QuantizeRowsBy,
    /// `ByArithmetic::quantize_q8_0`.
    #[serde(rename = "quantize_q8_0")]
    QuantizeQ8_0,
    /// `ByArithmetic::quantize_q8_1`.
    #[serde(rename = "quantize_q8_1")]
    QuantizeQ8_1,
    /// `ByArithmetic::quantize_q8_k`.
    #[serde(rename = "quantize_q8_k")]
    QuantizeQ8K,
    /// `Backend::dequantize_into`.
    DequantizeInto,
    /// `Backend::dequantize_rows`, by any scheme.
    DequantizeRows,
    /// `Backend::dequantize_tensor_into`, by any scheme.
    DequantizeTensorInto,
    /// `Backend::pack_into`.
    PackInto,
    /// `Backend::unpack_into`.
    UnpackInto,
    /// `Backend::error_stats`.
    ErrorStats,
    /// `Element::to_f32`.
    ToF32,
    /// `Element::from_f32`.
    FromF32,
    /// `ScaleType::round`.
    Round,
    /// `Scheme::params`.
    Params,
}

impl Kernel {
    /// All operations, in the order of their discriminants.
    pub const ALL: [Self; 25] = [
        Self::AbsMax,
        Self::MinMax,
        Self::QuantizeWithInto,
        Self::FakeQuantizeInto,
        Self::QuantizeInto,
        Self::QuantizeRows,
        Self::QuantizeRowsWith,
        Self::QuantizeTensorInto,
        Self::WithSums,
        Self::WithScaledSums,
        Self::WithTiles,
        Self::QuantizeRowsBy,
        Self::QuantizeQ8_0,
        Self::QuantizeQ8_1,
        Self::QuantizeQ8K,
        Self::DequantizeInto,
        Self::DequantizeRows,
        Self::DequantizeTensorInto,
        Self::PackInto,
        Self::UnpackInto,
        Self::ErrorStats,
        Self::ToF32,
        Self::FromF32,
        Self::Round,
        Self::Params,
    ];

    /// The name of the function.
    pub fn name(self) -> &'static str {
        match self {
            Self::AbsMax => "abs_max",
            Self::MinMax => "min_max",
            Self::QuantizeWithInto => "quantize_with_into",
            Self::FakeQuantizeInto => "fake_quantize_into",
            Self::QuantizeInto => "quantize_into",
            Self::QuantizeRows => "quantize_rows",
            Self::QuantizeRowsWith => "quantize_rows_with",
            Self::QuantizeTensorInto => "quantize_tensor_into",
            Self::WithSums => "with_sums",
            Self::WithScaledSums => "with_scaled_sums",
            Self::WithTiles => "with_tiles",
            Self::QuantizeRowsBy => "quantize_rows_by",
            Self::QuantizeQ8_0 => "quantize_q8_0",
            Self::QuantizeQ8_1 => "quantize_q8_1",
            Self::QuantizeQ8K => "quantize_q8_k",
            Self::DequantizeInto => "dequantize_into",
            Self::DequantizeRows => "dequantize_rows",
            Self::DequantizeTensorInto => "dequantize_tensor_into",
            Self::PackInto => "pack_into",
            Self::UnpackInto => "unpack_into",
            Self::ErrorStats => "error_stats",
            Self::ToF32 => "to_f32",
            Self::FromF32 => "from_f32",
            Self::Round => "round",
            Self::Params => "params",
        }
    }
}
