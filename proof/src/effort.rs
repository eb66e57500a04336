//! The effort: how much is tried.

use serde::Serialize;

/// How much is tried.
///
/// ```
/// use absmax_proof::Effort;
///
/// assert_eq!(Effort::Quick.pick("a few", "all"), "a few");
/// assert_eq!(Effort::Normal.pick("a few", "all"), "all");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Every check in strides, for emulators.
    Quick,
    /// Everything except all f32.
    Normal,
    /// Everything.
    Exhaustive,
}

impl Effort {
    /// `few` where time is short, else `many`.
    pub fn pick<T>(self, few: T, many: T) -> T {
        if self == Self::Quick { few } else { many }
    }

    /// What was tried, for the reader of the result.
    pub fn tried(self) -> &'static str {
        match self {
            Self::Quick => {
                "strides through the division's scales, the 16-bit patterns, lengths, offsets, \
                 schemes and threads; no huge tensors; not all f32"
            }
            Self::Normal => "all but the 2^32 patterns of f32, which --exhaustive adds",
            Self::Exhaustive => "everything",
        }
    }
}
