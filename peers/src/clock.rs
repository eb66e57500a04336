//! Measures the time that a call takes, without the time in which the thread waited for a CPU.
//!
//! A call on a large tensor is as long as a time slice. If other programs use the machine too, some
//! calls are interrupted and some are not. A median of wall time may then be that of either kind:
//! ratios between equals came out anywhere from 0.9 to 2.

use std::time::{Duration, Instant};

/// Measures by wall time, minus the time that the calling thread waited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Whether the wait is known and means something. With several threads it means nothing,
    /// because the others work meanwhile.
    less_wait: bool,
}

impl Clock {
    /// A clock for calls that run on so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self { less_wait: threads == 1 && waited().is_some() }
    }

    /// What the clock measures, for the reader of the figures.
    pub(crate) fn describe(self) -> &'static str {
        if self.less_wait { "wall time less waiting for a CPU" } else { "wall time" }
    }

    /// How long `f` takes.
    pub(crate) fn time(self, f: impl FnOnce()) -> Duration {
        let before = self.less_wait.then(waited).flatten();
        let start = Instant::now();
        f();
        let elapsed = start.elapsed();
        match (before, self.less_wait.then(waited).flatten()) {
            (Some(before), Some(after)) => elapsed.saturating_sub(after.saturating_sub(before)),
            _ => elapsed,
        }
    }
}

/// How long this thread has been ready to run while others ran, if the kernel says so. That is the
/// second field, in nanoseconds. (The first field, the time that the thread ran, is brought up to
/// date only at ticks.)
fn waited() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}
