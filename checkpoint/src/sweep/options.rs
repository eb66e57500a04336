//! The options of a sweep.

use std::collections::BTreeSet;

use absmax::Backend;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::scheme::{InvalidOption, ModulePattern};

/// Which schemes are tried, and on which weights.
///
/// ```
/// use absmax_checkpoint::SweepOptions;
///
/// let mut options = SweepOptions::default();
/// assert_eq!((options.bits, options.group_sizes), (vec![4, 6, 8], vec![128, 32]));
/// options.bits = vec![4];
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SweepOptions {
    /// The numbers of bits of integers, from 2 to 8. By default 4, 6 and 8.
    pub bits: Vec<u8>,
    /// Sizes of groups, each at least 1. By default 128 and 32. One scale for a tensor and one for
    /// each channel are always tried.
    pub group_sizes: Vec<usize>,
    /// Modules that are left out, beside those that `quantize` leaves as they are.
    pub ignore: Vec<ModulePattern>,
    /// The one weight that is tried, by the name of its tensor; by default all.
    pub tensor: Option<String>,
    /// Whether the histogram of that one weight is made, for which it is read once more.
    pub histogram: bool,
    /// The instruction set that computes. The result does not depend on it. By default the best
    /// one.
    #[serde(skip)]
    pub backend: Backend,
}

impl Default for SweepOptions {
    fn default() -> Self {
        Self {
            bits: vec![4, 6, 8],
            group_sizes: vec![128, 32],
            ignore: Vec::new(),
            tensor: None,
            histogram: false,
            backend: Backend::default(),
        }
    }
}

impl SweepOptions {
    /// Checks that the options mean something.
    pub(super) fn check(&self) -> Result<()> {
        if self.bits.is_empty() {
            return Err(InvalidOption::new("no number of bits to try").into());
        }
        if let Some(bits) = self.bits.iter().find(|bits| !(2..=8).contains(*bits)) {
            return Err(InvalidOption::new(format!("{bits} bits: integers have 2 to 8")).into());
        }
        if self.group_sizes.contains(&0) {
            return Err(InvalidOption::new("a group of 0 values").into());
        }
        if self.histogram && self.tensor.is_none() {
            return Err(
                InvalidOption::new("a histogram is of one tensor, and none is named").into()
            );
        }
        Ok(())
    }

    /// The sizes of groups, the largest first, each once.
    pub(super) fn falling_group_sizes(&self) -> Vec<usize> {
        let sizes: BTreeSet<usize> = self.group_sizes.iter().copied().collect();
        sizes.into_iter().rev().collect()
    }
}
