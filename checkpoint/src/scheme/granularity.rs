//! The granularity of a scheme, which says which weights share a scale.

use std::fmt;
use std::num::IntErrorKind;
use std::str::FromStr;

use absmax::Scheme;

use super::invalid::InvalidOption;
use super::text::serde_as_text;

/// Which values of a weight `[out, in]` share a scale. Its text is `tensor`, `channel` or
/// `group=N`.
///
/// ```
/// use absmax_checkpoint::Granularity;
///
/// assert_eq!("group=64".parse(), Ok(Granularity::Group(64)));
/// assert_eq!(Granularity::Channel.to_string(), "channel");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// All values of the weight.
    Tensor,
    /// The values of one output channel, which is a row.
    Channel,
    /// So many neighbours in a row, which are at least one.
    Group(usize),
}

impl Granularity {
    /// The scheme of a weight [out, in] that shares scales like this.
    pub(crate) fn of(self, scheme: Scheme) -> Result<Scheme, absmax::Error> {
        match self {
            Self::Tensor => Ok(scheme.per_tensor()),
            Self::Channel => Ok(scheme.per_channel(0)),
            Self::Group(size) => scheme.per_group(size),
        }
    }
}

impl FromStr for Granularity {
    type Err = InvalidOption;

    fn from_str(text: &str) -> Result<Self, InvalidOption> {
        let wrong = |problem| Err(InvalidOption::new(format!("{text:?} {problem}")));
        match (text, text.strip_prefix("group=").map(str::parse)) {
            ("tensor", _) => Ok(Self::Tensor),
            ("channel", _) => Ok(Self::Channel),
            (_, Some(Ok(0))) => wrong("has to be group=N, N at least 1"),
            (_, Some(Ok(size))) => Ok(Self::Group(size)),
            (_, Some(Err(error))) if *error.kind() == IntErrorKind::PosOverflow => {
                wrong("has to be group=N, and this N is too large")
            }
            _ => wrong("has to be tensor, channel or group=N"),
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tensor => f.write_str("tensor"),
            Self::Channel => f.write_str("channel"),
            Self::Group(size) => write!(f, "group={size}"),
        }
    }
}

serde_as_text!(Granularity);
