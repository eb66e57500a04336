//! What can go wrong.

/// What keeps a check from running: threads that cannot be started.
pub type Error = rayon::ThreadPoolBuildError;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
