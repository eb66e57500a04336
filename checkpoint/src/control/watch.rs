//! The callback and the flag that watch an operation.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::event::{Event, Progress};
use crate::error::{Error, Result};

/// Watches an operation and can stop it.
///
/// A `Control` without a callback and a flag, which [`Control::new`] makes, lets the operation run.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
///
/// use absmax_checkpoint::{Control, Event};
///
/// let cancel = AtomicBool::new(false);
/// let control = Control::new().with_cancel(&cancel).with_events(|event| {
///     if let Event::Progress(progress) = event {
///         println!("{:.0} %", 100.0 * progress.fraction());
///     }
/// });
/// // On another thread, or in the callback, or in the handler of a signal:
/// cancel.store(true, Ordering::Relaxed);
/// # drop(control);
/// ```
#[derive(Default)]
pub struct Control<'a> {
    cancel: Option<&'a AtomicBool>,
    watcher: Option<Mutex<Watcher<'a>>>,
}

struct Watcher<'a> {
    tell: Box<dyn FnMut(Event<'_>) + Send + 'a>,
    progress: Progress,
}

impl<'a> Control<'a> {
    /// A control with neither a callback nor a flag.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the operation when the flag is set, within a tenth of a second but for what a call of
    /// the operating system takes: flushing a file to disk, above all. The operation then returns
    /// [`Error::Cancelled`], and has removed what it had written.
    #[must_use]
    pub fn with_cancel(self, flag: &'a AtomicBool) -> Self {
        Self { cancel: Some(flag), ..self }
    }

    /// Tells the callback of every [`Event`].
    ///
    /// The callback is called from the threads that work, never from two at a time, some thousands
    /// of times a second. The work waits for it.
    ///
    /// The callback may set the flag. It must not itself begin an operation, or other work on the
    /// rayon pool: a thread that waits for such work may take up work of this operation, which
    /// would wait for the callback forever. The callback may let another thread do so, with another
    /// `Control`, and not wait for it. An operation with this very `Control` would wait for the
    /// callback forever, too.
    ///
    /// If the callback panics, this `Control` does not call it again. The operation removes what it
    /// has written, and then the panic goes on to the operation's caller.
    #[must_use]
    pub fn with_events(self, callback: impl FnMut(Event<'_>) + Send + 'a) -> Self {
        let progress = Progress { done: 0, total: 0 };
        let watcher = Watcher { tell: Box::new(callback), progress };
        Self { watcher: Some(Mutex::new(watcher)), ..self }
    }

    /// Returns an error if the operation was asked to stop.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Relaxed))
    }

    /// Says that the work begins, and how many bytes it is.
    pub(crate) fn begin(&self, total: u64) {
        self.progress(|_| Progress { done: 0, total });
    }

    /// Says that so many bytes more are done. They are never more than all, even if a file has
    /// grown.
    pub(crate) fn advance(&self, bytes: u64) {
        self.progress(|Progress { done, total }| Progress {
            done: done.saturating_add(bytes).min(total),
            total,
        });
    }

    /// Says that all work is done.
    pub(crate) fn end(&self) {
        self.progress(|Progress { total, .. }| Progress { done: total, total });
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        if let Some(watcher) = &self.watcher {
            // A callback that has panicked is not called again.
            let Ok(mut watcher) = watcher.lock() else { return };
            (watcher.tell)(event);
        }
    }

    fn progress(&self, next: impl FnOnce(Progress) -> Progress) {
        if let Some(watcher) = &self.watcher {
            let Ok(mut watcher) = watcher.lock() else { return };
            let progress = next(watcher.progress);
            watcher.progress = progress;
            (watcher.tell)(Event::Progress(progress));
        }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cancel, is_watched) = (self.cancel, self.watcher.is_some());
        f.debug_struct("Control").field("cancel", &cancel).field("is_watched", &is_watched).finish()
    }
}
