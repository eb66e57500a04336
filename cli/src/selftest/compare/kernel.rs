//! The operations under test.

use serde::Serialize;

/// An operation under test, by the name of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::selftest) enum Kernel {
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
}

impl Kernel {
    /// All of them, in the order of their discriminants.
    pub(in crate::selftest) const ALL: [Self; 12] = [
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
    ];

    /// The name of the function, or of the type that has it.
    pub(in crate::selftest) fn name(self) -> &'static str {
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
        }
    }
}
