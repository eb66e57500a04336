//! Time that a call took, without the time in which others had the CPU.
//!
//! A call on a large tensor is as long as a time slice. On a machine that others use too, some calls
//! are interrupted and some are not, and a median of wall time may fall on either side: ratios
//! between equals came out anywhere from 0.9 to 2.

use std::time::{Duration, Instant};

/// Measures by wall time, less the wait of the calling thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Whether the wait is known and means something: with several threads, others work meanwhile.
    less_wait: bool,
}

impl Clock {
    /// A clock for calls that run on so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        Self { less_wait: threads == 1 && waited().is_some() }
    }

    /// What it measures, for the reader of the figures.
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

/// How long this thread has been ready to run while others did, where the kernel says: the second
/// field, in nanoseconds. (The first, the time it ran, is only brought up to date at ticks.)
fn waited() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}
