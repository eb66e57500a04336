//! The operations under test.

use serde::Serialize;

/// An operation under test, by the name of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// `Backend::abs_max`.
    AbsMax,
    /// `Backend::min_max`.
    MinMax,
    /// `Backend::quantize_with`: the caller's parameters.
    QuantizeWith,
    /// `Backend::fake_quantize_into`: the same, and back.
    FakeQuantizeInto,
    /// `Backend::quantize_into`: the data's own scale.
    QuantizeInto,
    /// `Backend::quantize_rows_into`.
    QuantizeRowsInto,
    /// `Quantizer::quantize_into`: any scheme.
    Quantizer,
    /// `Backend::dequantize_into`.
    DequantizeInto,
    /// `QuantizedTensor::dequantize_into`: any scheme.
    QuantizedTensor,
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
    /// All of them, in the order of their discriminants.
    pub const ALL: [Self; 16] = [
        Self::AbsMax,
        Self::MinMax,
        Self::QuantizeWith,
        Self::FakeQuantizeInto,
        Self::QuantizeInto,
        Self::QuantizeRowsInto,
        Self::Quantizer,
        Self::DequantizeInto,
        Self::QuantizedTensor,
        Self::PackInto,
        Self::UnpackInto,
        Self::ErrorStats,
        Self::ToF32,
        Self::FromF32,
        Self::Round,
        Self::Params,
    ];

    /// The name of the function, or of the type that has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AbsMax => "abs_max",
            Self::MinMax => "min_max",
            Self::QuantizeWith => "quantize_with",
            Self::FakeQuantizeInto => "fake_quantize_into",
            Self::QuantizeInto => "quantize_into",
            Self::QuantizeRowsInto => "quantize_rows_into",
            Self::Quantizer => "Quantizer",
            Self::DequantizeInto => "dequantize_into",
            Self::QuantizedTensor => "QuantizedTensor",
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
