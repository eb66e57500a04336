//! The reasons why tensors are not quantized.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::architecture::ModuleKind;

/// Why a tensor is kept as it is.
///
/// ```
/// use absmax_checkpoint::Reason;
///
/// assert_eq!(Reason::NotLinear("embed".to_owned()).to_string(), "embed in its name");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The name of the tensor does not end in `.weight`.
    NotAWeight,
    /// The tensor has so many dimensions, and not two.
    Dimensions(usize),
    /// The tensor holds integers or truth values.
    NotFloating,
    /// The tensor is of this floating-point type, which is not F32, F16 or BF16.
    UnsupportedDtype(String),
    /// The tensor has no values.
    Empty,
    /// Rows of so many values are no whole number of groups of so many values.
    Ragged {
        /// Values of a row.
        row_len: usize,
        /// Values of a group.
        group_size: usize,
    },
    /// This pattern of the options asks for it.
    Ignored(String),
    /// The architecture is not known, and this part of its name is that of a head, an embedding, a
    /// norm or a router.
    NotLinear(String),
    /// The module is of this kind.
    Kind(ModuleKind),
    /// Transformers does not load it in the scheme that it would get.
    Unloadable,
    /// Transformers makes other modules of it while it loads, which it cannot do to integers.
    Converted,
    /// The architecture is known, and has no module of this name.
    UnknownModule,
}

impl Reason {
    /// Every reason once, with how often it is there, the most frequent first.
    pub(crate) fn counted(reasons: impl IntoIterator<Item = Self>) -> Vec<(Self, usize)> {
        let mut counted: Vec<(Self, usize)> = Vec::new();
        for reason in reasons {
            match counted.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, count)) => *count += 1,
                None => counted.push((reason, 1)),
            }
        }
        counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counted
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAWeight => f.write_str("not a weight"),
            Self::Dimensions(1) => f.write_str("1 dimension"),
            Self::Dimensions(n) => write!(f, "{n} dimensions"),
            Self::NotFloating => f.write_str("not floating-point"),
            Self::UnsupportedDtype(dtype) => write!(f, "{dtype} is not supported"),
            Self::Empty => f.write_str("no values"),
            Self::Ragged { row_len, group_size } => {
                write!(f, "groups of {group_size} do not divide rows of {row_len}")
            }
            Self::Ignored(pattern) => write!(f, "ignored by {pattern}"),
            Self::NotLinear(part) => write!(f, "{part} in its name"),
            Self::Kind(kind) => kind.fmt(f),
            Self::Unloadable => f.write_str("transformers does not load it in this scheme"),
            Self::Converted => f.write_str("transformers makes other modules of it"),
            Self::UnknownModule => f.write_str("the architecture has no such module"),
        }
    }
}
