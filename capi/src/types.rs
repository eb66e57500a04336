//! The types of values, scales and zero points, as codes of C say them.

use absmax::ScaleType;

use crate::codes::*;
use crate::fault::{Checked, Fault};

/// The type of values or of scales.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Float {
    F32,
    F16,
    Bf16,
}

impl Float {
    /// The type of a code.
    pub(crate) fn new(code: u32, argument: u32) -> Checked<Self> {
        match code {
            ABSMAX_F32 => Ok(Self::F32),
            ABSMAX_F16 => Ok(Self::F16),
            ABSMAX_BF16 => Ok(Self::Bf16),
            ABSMAX_I8 | ABSMAX_U8 | ABSMAX_I32 => {
                Err(Fault { found: code.into(), ..Fault::new(ABSMAX_ERROR_TYPE, argument) })
            }
            _ => Err(Fault::code(argument, code)),
        }
    }

    /// The number of bytes, which is the alignment too.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The type as that of scales.
    pub(crate) const fn scale_type(self) -> ScaleType {
        match self {
            Self::F32 => ScaleType::F32,
            Self::F16 => ScaleType::F16,
            Self::Bf16 => ScaleType::Bf16,
        }
    }
}

/// The type of integers or of zero points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Int {
    I8,
    U8,
    I32,
}

impl Int {
    /// The type of a code.
    pub(crate) fn new(code: u32, argument: u32) -> Checked<Self> {
        match code {
            ABSMAX_I8 => Ok(Self::I8),
            ABSMAX_U8 => Ok(Self::U8),
            ABSMAX_I32 => Ok(Self::I32),
            ABSMAX_F32 | ABSMAX_F16 | ABSMAX_BF16 => {
                Err(Fault { found: code.into(), ..Fault::new(ABSMAX_ERROR_TYPE, argument) })
            }
            _ => Err(Fault::code(argument, code)),
        }
    }

    /// The type of a code of quantized integers, which take a byte. Returns whether it is unsigned.
    pub(crate) fn byte(code: u32, argument: u32) -> Checked<bool> {
        match Self::new(code, argument)? {
            Self::I8 => Ok(false),
            Self::U8 => Ok(true),
            Self::I32 => {
                Err(Fault { found: code.into(), ..Fault::new(ABSMAX_ERROR_TYPE, argument) })
            }
        }
    }

    /// The number of bytes, which is the alignment too.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I32 => 4,
        }
    }
}

/// Evaluates an expression in which `$t` is the type that a [`Float`] stands for.
macro_rules! with_float {
    ($float:expr, $t:ident => $body:expr) => {
        match $float {
            $crate::types::Float::F32 => {
                type $t = f32;
                $body
            }
            $crate::types::Float::F16 => {
                type $t = half::f16;
                $body
            }
            $crate::types::Float::Bf16 => {
                type $t = half::bf16;
                $body
            }
        }
    };
}

/// Evaluates an expression in which `$q` is `u8` or `i8`.
macro_rules! with_byte {
    ($unsigned:expr, $q:ident => $body:expr) => {
        if $unsigned {
            type $q = u8;
            $body
        } else {
            type $q = i8;
            $body
        }
    };
}

pub(crate) use {with_byte, with_float};
