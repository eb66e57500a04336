//! Ctrl-C and its like. They can come at any time, and take effect between two pieces of work.

use std::ffi::c_int;
use std::fs;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};

use absmax_checkpoint::Error;
use anyhow::Context as _;
#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGXFSZ};
use signal_hook::consts::{SIGINT, SIGTERM};

/// The flag that the handlers of signals set.
static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The last signal that came, or 0.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

const SIGNALS: &[c_int] = &[
    SIGINT,
    SIGTERM,
    #[cfg(unix)]
    SIGHUP,
];

/// From here on, an interrupt no longer ends the process, but sets the [`flag`]. Signals that were
/// ignored before, as a hangup is under `nohup`, stay ignored.
pub(crate) fn watch() -> anyhow::Result<()> {
    let ignored = ignored();
    for &signal in SIGNALS.iter().filter(|&signal| ignored & (1 << (signal - 1)) == 0) {
        signal_hook::flag::register_usize(signal, SIGNAL.clone(), signal as usize)
            .and_then(|_| signal_hook::flag::register(signal, REQUESTED.clone()))
            .context("cannot handle interrupts")?;
    }
    // A file that grows beyond a limit is an error of the write, after which nothing is left behind.
    #[cfg(unix)]
    signal_hook::flag::register(SIGXFSZ, Arc::default()).context("cannot handle signals")?;
    Ok(())
}

/// The signals that the process ignores, one bit each, where the system shows them in a file.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// The flag that says whether the run was interrupted.
pub(crate) fn flag() -> &'static AtomicBool {
    &REQUESTED
}

/// Interrupts the run.
pub(crate) fn request() {
    REQUESTED.store(true, Relaxed);
}

/// Fails if the run was interrupted.
pub(crate) fn check() -> Result<(), Error> {
    if REQUESTED.load(Relaxed) { Err(Error::Cancelled) } else { Ok(()) }
}

/// The exit code of an interrupted run: 128 + the signal, as shells report it.
pub(crate) fn exit_code() -> ExitCode {
    let signal = match SIGNAL.load(Relaxed) {
        0 => SIGINT as usize,
        signal => signal,
    };
    ExitCode::from(128 + signal as u8)
}
