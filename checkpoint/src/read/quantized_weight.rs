//! A weight that is stored quantized, in any of the forms that can be read.

use absmax::{Backend, Element};
use safetensors::Dtype;

use super::fp8_weight::Fp8Weight;
use super::integer_weight::IntegerWeight;
use super::parameters::Parameters;
use super::pieces::Buffers;
use super::place::{Files, Place};
use super::span::Span;
use crate::control::Control;
use crate::error::Result;

/// A weight [out, in] that is stored as narrower values, scales and what else they need.
#[derive(Clone, Debug)]
pub(crate) enum QuantizedWeight {
    Integers(IntegerWeight),
    Fp8(Fp8Weight),
}

impl QuantizedWeight {
    pub(crate) fn shape(&self) -> &[usize; 2] {
        match self {
            Self::Integers(weight) => &weight.shape,
            Self::Fp8(weight) => &weight.shape,
        }
    }

    /// The type of the values that it stands for.
    pub(crate) fn dtype(&self) -> Dtype {
        match self {
            Self::Integers(weight) => weight.scale.dtype,
            Self::Fp8(weight) => weight.dtype,
        }
    }

    /// The type that it is stored in, as text for the reader.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Integers(weight) => format!("int{}", weight.bits),
            Self::Fp8(_) => "fp8".to_owned(),
        }
    }

    /// Where the narrower values lie, and where the scales do.
    pub(super) fn places(&self) -> [&Place; 2] {
        match self {
            Self::Integers(weight) => [&weight.weight, &weight.scale],
            Self::Fp8(weight) => [&weight.weight, &weight.scale],
        }
    }

    /// Reads what the values need beside them.
    pub(crate) fn parameters(&self, control: &Control<'_>, files: &Files) -> Result<Parameters> {
        match self {
            Self::Integers(weight) => weight.parameters(control, files),
            Self::Fp8(weight) => weight.parameters(control, files),
        }
    }

    /// Dequantizes some whole rows, or a part of a row that begins where a word of integers does.
    /// Every value is a product of binary32, rounded to the type of `x`.
    pub(crate) fn values<T: Element>(
        &self,
        (control, backend): (&Control<'_>, Backend),
        files: &Files,
        parameters: &Parameters,
        span: &Span,
        buffers: &mut Buffers,
        x: &mut [T],
    ) -> Result<()> {
        match self {
            Self::Integers(weight) => {
                weight.values((control, backend), files, parameters, span, buffers, x)
            }
            Self::Fp8(weight) => weight.values(control, files, parameters, span, buffers, x),
        }
    }
}
