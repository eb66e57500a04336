//! The operations under test.

use serde::Serialize;

/// An operation under test, by the name of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::selftest) enum Kernel {
    /// `Backend::abs_max`.
    AbsMax,
    /// `Backend::quantize_with`: the caller's scale.
    QuantizeWith,
    /// `Backend::quantize_into`: the data's own scale.
    QuantizeInto,
    /// `Backend::quantize_rows_into`.
    QuantizeRowsInto,
    /// `Quantizer::quantize_into`: along any axis, in any scheme.
    Quantizer,
    /// `Backend::dequantize_into`.
    DequantizeInto,
}

impl Kernel {
    /// All of them, in the order of their discriminants.
    pub(in crate::selftest) const ALL: [Self; 6] = [
        Self::AbsMax,
        Self::QuantizeWith,
        Self::QuantizeInto,
        Self::QuantizeRowsInto,
        Self::Quantizer,
        Self::DequantizeInto,
    ];

    /// The name of the function.
    pub(in crate::selftest) fn name(self) -> &'static str {
        match self {
            Self::AbsMax => "abs_max",
            Self::QuantizeWith => "quantize_with",
            Self::QuantizeInto => "quantize_into",
            Self::QuantizeRowsInto => "quantize_rows_into",
            Self::Quantizer => "Quantizer",
            Self::DequantizeInto => "dequantize_into",
        }
    }
}
