//! What to do with stacked experts.

use std::fmt;
use std::str::FromStr;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// What becomes of experts that are stored as one tensor for all of them, which no loader reads
/// quantized. Its text is `refuse` or `keep`.
///
/// ```
/// use absmax_checkpoint::Experts;
///
/// assert_eq!("keep".parse::<Experts>()?, Experts::Keep);
/// assert_eq!(Experts::default().to_string(), "refuse");
/// # Ok::<(), absmax_checkpoint::InvalidOption>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Experts {
    /// A checkpoint that has such experts is refused, because most of it would stay as it is. If
    /// the architecture is not known, what seems to be stacked experts is kept, with a warning.
    #[default]
    Refuse,
    /// They are kept as they are, and the rest is quantized.
    Keep,
}

impl FromStr for Experts {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        match text {
            "refuse" => Ok(Self::Refuse),
            "keep" => Ok(Self::Keep),
            _ => Err(InvalidOption::new(format!("{text:?} has to be refuse or keep"))),
        }
    }
}

impl fmt::Display for Experts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "refuse",
            Self::Keep => "keep",
        })
    }
}

serde_as_text!(Experts);
