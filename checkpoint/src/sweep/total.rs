//! Adds up the errors of one scheme.

use absmax::ErrorStats;

/// What one scheme has cost so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Total {
    pub(super) stats: ErrorStats,
    pub(super) scales: u64,
}

impl Total {
    pub(super) fn merge(self, other: Self) -> Self {
        Self { stats: self.stats.merge(other.stats), scales: self.scales + other.scales }
    }
}
