//! What a check is, and which there are.

use super::{
    errors, every_f32, hard_values, huge_tensors, lengths, not_finite, packing, random_bits,
    sixteen_bits, tensors, threads,
};
use crate::selftest::compare::Board;
use crate::selftest::effort::Effort;
use crate::selftest::session::Session;

/// A way to look for a difference.
#[derive(Clone, Copy, Debug)]
pub(in crate::selftest) struct Check {
    pub(in crate::selftest) name: &'static str,
    /// What is tried, for the reader.
    pub(in crate::selftest) about: &'static str,
    pub(in crate::selftest) run: fn(&Session) -> anyhow::Result<Board>,
}

/// The checks that belong to an effort.
pub(in crate::selftest) fn checks(effort: Effort) -> Vec<Check> {
    let mut checks = vec![
        hard_values::CHECK,
        lengths::CHECK,
        random_bits::CHECK,
        sixteen_bits::CHECK,
        tensors::CHECK,
        not_finite::CHECK,
        packing::CHECK,
        errors::CHECK,
        threads::CHECK,
    ];
    if effort != Effort::Quick {
        checks.push(huge_tensors::CHECK);
    }
    if effort == Effort::Exhaustive {
        checks.push(every_f32::CHECK);
    }
    checks
}
