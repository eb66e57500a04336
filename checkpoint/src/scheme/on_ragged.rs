//! What becomes of weights whose rows are no whole number of groups.

use std::fmt;
use std::str::FromStr;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// What becomes of a weight whose rows the groups of its scheme do not divide. The format has no
/// shorter groups.
///
/// ```
/// use absmax_checkpoint::OnRagged;
///
/// assert_eq!("channel".parse(), Ok(OnRagged::Channel));
/// assert_eq!(OnRagged::default().to_string(), "refuse");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRagged {
    /// The run is refused, and all of these weights are named.
    #[default]
    Refuse,
    /// The weight is kept as it is.
    Keep,
    /// The weight is quantized with one scale for each channel.
    Channel,
}

impl FromStr for OnRagged {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        let all = [Self::Refuse, Self::Keep, Self::Channel];
        let known = all.into_iter().find(|known| known.to_string() == text);
        known.ok_or_else(|| {
            InvalidOption::new(format!("{text:?} is none of refuse, keep and channel"))
        })
    }
}

impl fmt::Display for OnRagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refuse => "refuse",
            Self::Keep => "keep",
            Self::Channel => "channel",
        })
    }
}

serde_as_text!(OnRagged);
