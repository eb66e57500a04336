//! What to do with weights that transformers does not load.

use std::fmt;
use std::str::FromStr;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// What becomes of weights that transformers is known not to load in the scheme that they would
/// get. Its text is `auto`, `keep` or `write`.
///
/// ```
/// use absmax_checkpoint::OnUnloadable;
///
/// assert_eq!("keep".parse::<OnUnloadable>()?, OnUnloadable::Keep);
/// assert_eq!(OnUnloadable::default().to_string(), "auto");
/// # Ok::<(), absmax_checkpoint::InvalidOption>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnloadable {
    /// They are kept as they are if they hold less than half of the bytes that would be quantized.
    /// Otherwise the source is refused.
    #[default]
    Auto,
    /// They are kept as they are.
    Keep,
    /// They are quantized, for engines that load them.
    Write,
}

impl FromStr for OnUnloadable {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        match text {
            "auto" => Ok(Self::Auto),
            "keep" => Ok(Self::Keep),
            "write" => Ok(Self::Write),
            _ => Err(InvalidOption::new(format!("{text:?} has to be auto, keep or write"))),
        }
    }
}

impl fmt::Display for OnUnloadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Keep => "keep",
            Self::Write => "write",
        })
    }
}

serde_as_text!(OnUnloadable);
