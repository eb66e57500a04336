//! Whether an operation was asked to stop.
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

/// What the handlers of signals set.
pub static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The error of a run that was interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted: nothing was written")
    }
}

impl std::error::Error for Interrupted {}

/// An error if the run was interrupted.
pub fn check() -> Result<(), Interrupted> {
    if REQUESTED.load(Relaxed) { Err(Interrupted) } else { Ok(()) }
}
