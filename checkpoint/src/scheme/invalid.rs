//! The error of options that mean nothing.

/// An option that means nothing, or contradicts another one. The text says which, and what would
/// do.
///
/// ```
/// let error = "w4a16,bits=9".parse::<absmax_checkpoint::WeightScheme>().unwrap_err();
/// assert_eq!(error.to_string(), "9 bits: w4a16 has room for 2 to 4");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidOption(String);

impl InvalidOption {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
