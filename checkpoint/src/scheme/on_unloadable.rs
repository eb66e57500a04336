//! What to do with weights that transformers does not load.

use super::text::texts;

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

texts!(
    OnUnloadable,
    "has to be auto, keep or write",
    Auto = "auto",
    Keep = "keep",
    Write = "write"
);
