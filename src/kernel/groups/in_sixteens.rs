//! Goes through groups, sixteen at a time, and is one step ahead with their divisors.

use super::divisors::{Divisors, divisors_of};
use crate::kernel::blocks::Traffic;
use crate::recipe::Recipe;
use crate::simd::{LANES, Simd, Value};

/// Where sixteen groups of G values go.
pub(super) trait Sixteens<const G: usize> {
    /// Quantizes the groups from the group `at` on, which are the first sixteen of `x`. Returns
    /// whether that was possible.
    fn put<S: Simd, T: Value>(
        &mut self,
        s: S,
        at: usize,
        x: &[[T; G]],
        recipe: Recipe<'_>,
        divisors: &Divisors,
    ) -> bool;
}

/// Quantizes groups from the group `first` on, sixteen at a time. Returns the group at which that
/// was no longer possible.
#[inline(always)]
pub(super) fn in_sixteens<S: Simd, T: Value, const G: usize>(
    s: S,
    x: &[[T; G]],
    first: usize,
    recipe: Recipe<'_>,
    traffic: Traffic,
    mut to: impl Sixteens<G>,
) -> usize {
    let sixteens = (x.len() - first) / LANES;
    // Sixteen groups are read in a burst, for which memory has to be asked further ahead.
    let traffic = Traffic { prefetch: 4 * traffic.prefetch, ..traffic };
    // Two sets of divisors take turns. They are in memory, from where one lane can be loaded into
    // all lanes.
    let mut divisors = [Divisors::default(); 2];
    for i in 0..=sixteens {
        if i < sixteens {
            let x = &x[first + i * LANES..];
            divisors[i % 2] = divisors_of(s, x, recipe, traffic);
        }
        if i > 0 {
            let (at, divisors) = (first + (i - 1) * LANES, &divisors[(i - 1) % 2]);
            if !divisors.proven || !to.put(s, at, &x[at..], recipe, divisors) {
                return at;
            }
        }
    }
    first + sixteens * LANES
}
