//! The types of elements that arrays have here.

/// A type of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dtype {
    F32,
    F16,
    Bf16,
    I8,
    U8,
    I32,
    I64,
}

impl Dtype {
    /// What is quantized.
    pub(crate) const FLOATS: &'static [Self] = &[Self::F32, Self::F16, Self::Bf16];
    /// What is quantized to.
    pub(crate) const BYTES: &'static [Self] = &[Self::I8, Self::U8];
    /// What zero points may be.
    pub(crate) const INTEGERS: &'static [Self] = &[Self::I32, Self::I8, Self::U8, Self::I64];

    /// The name that numpy and torch have for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
            Self::I8 => "int8",
            Self::U8 => "uint8",
            Self::I32 => "int32",
            Self::I64 => "int64",
        }
    }

    /// The number of bytes of an element.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::I64 => 8,
            Self::F32 | Self::I32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }

    /// The type that a buffer's format stands for, in the byte order of this machine.
    pub(crate) fn of_format(format: &[u8], size: usize) -> Option<Self> {
        let native = if cfg!(target_endian = "little") { b'<' } else { b'>' };
        let letter = match *format {
            [letter] => letter,
            [order, letter] if order == native || b"@=^".contains(&order) || size == 1 => letter,
            _ => return None,
        };
        match (letter, size) {
            (b'f', 4) => Some(Self::F32),
            (b'e', 2) => Some(Self::F16),
            (b'b', 1) => Some(Self::I8),
            (b'B', 1) => Some(Self::U8),
            (b'i' | b'l' | b'q', 4) => Some(Self::I32),
            (b'i' | b'l' | b'q', 8) => Some(Self::I64),
            _ => None,
        }
    }

    /// The type that DLPack has by this kind and number of bits.
    pub(crate) const fn of_dlpack(code: u8, bits: u8, lanes: u16) -> Option<Self> {
        match (code, bits, lanes) {
            (2, 32, 1) => Some(Self::F32),
            (2, 16, 1) => Some(Self::F16),
            (4, 16, 1) => Some(Self::Bf16),
            (0, 8, 1) => Some(Self::I8),
            (1, 8, 1) => Some(Self::U8),
            (0, 32, 1) => Some(Self::I32),
            (0, 64, 1) => Some(Self::I64),
            _ => None,
        }
    }

    /// The names of some types, as a sentence has them.
    pub(crate) fn names(types: &[Self]) -> String {
        match types.split_last() {
            Some((last, [])) => last.name().to_owned(),
            Some((last, others)) => {
                let others: Vec<_> = others.iter().map(|dtype| dtype.name()).collect();
                format!("{} or {}", others.join(", "), last.name())
            }
            None => String::new(),
        }
    }
}

/// Runs the same code for each type of floats, which `$T` names.
macro_rules! with_floats {
    ($dtype:expr, $T:ident, $run:expr) => {
        match $dtype {
            $crate::dtype::Dtype::F16 => {
                type $T = half::f16;
                $run
            }
            $crate::dtype::Dtype::Bf16 => {
                type $T = half::bf16;
                $run
            }
            _ => {
                type $T = f32;
                $run
            }
        }
    };
}

/// Runs the same code for each type of bytes, which `$Q` names.
macro_rules! with_bytes {
    ($dtype:expr, $Q:ident, $run:expr) => {
        if $dtype == $crate::dtype::Dtype::U8 {
            type $Q = u8;
            $run
        } else {
            type $Q = i8;
            $run
        }
    };
}

pub(crate) use {with_bytes, with_floats};
