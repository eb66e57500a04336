//! What becomes of weights whose rows are no whole number of groups.

use super::text::texts;

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

texts!(
    OnRagged,
    "is none of refuse, keep and channel",
    Refuse = "refuse",
    Keep = "keep",
    Channel = "channel"
);
