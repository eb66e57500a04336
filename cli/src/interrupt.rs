//! Ctrl-C: asked for at any time, obeyed between two pieces of work.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::Context as _;

/// A signal handler can reach nothing but a static.
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// The error of a run that was interrupted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interrupted;

impl Interrupted {
    /// 128 + SIGINT, as shells report it.
    pub(crate) const EXIT_CODE: u8 = 130;
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted: nothing was written")
    }
}

impl std::error::Error for Interrupted {}

/// From here on an interrupt no longer ends the process: [`check`] reports it instead.
pub(crate) fn watch() -> anyhow::Result<()> {
    match ctrlc::set_handler(|| REQUESTED.store(true, Relaxed)) {
        // The demo has begun to watch before the command that it runs.
        Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        result => result.context("cannot handle interrupts"),
    }
}

/// An error if the run was interrupted.
pub(crate) fn check() -> Result<(), Interrupted> {
    if REQUESTED.load(Relaxed) { Err(Interrupted) } else { Ok(()) }
}
