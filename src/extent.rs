//! The limits of values that several threads look at.

use core::sync::atomic::{AtomicI32, Ordering::Relaxed};

use crate::scheme::Limits;
use crate::simd::{number, ordered};

/// Limits that can be widened from any thread: integers that order as the numbers do.
#[derive(Debug)]
pub(crate) struct Extent {
    min: AtomicI32,
    max: AtomicI32,
}

impl Extent {
    /// Of nothing yet.
    pub(crate) fn new() -> Self {
        let [min, max] = [Limits::NOTHING.min, Limits::NOTHING.max].map(ordered);
        Self { min: AtomicI32::new(min), max: AtomicI32::new(max) }
    }

    pub(crate) fn widen(&self, limits: Limits) {
        let (min, max) = (ordered(limits.min), ordered(limits.max));
        // Looking is cheap, and most limits widen nothing.
        if min < self.min.load(Relaxed) {
            self.min.fetch_min(min, Relaxed);
        }
        if max > self.max.load(Relaxed) {
            self.max.fetch_max(max, Relaxed);
        }
    }

    pub(crate) fn into_limits(self) -> Limits {
        Limits { min: number(self.min.into_inner()), max: number(self.max.into_inner()) }
    }
}
