//! What to do with stacked experts.

use super::text::texts;

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

texts!(Experts, "has to be refuse or keep", Refuse = "refuse", Keep = "keep");
