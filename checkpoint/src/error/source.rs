//! The errors of other libraries.

/// The error of a library beneath, whose type is no part of this one's interface.
pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;
