//! The error of a check that cannot run.

/// The error that keeps a check from running: threads cannot be started.
pub type Error = rayon::ThreadPoolBuildError;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
