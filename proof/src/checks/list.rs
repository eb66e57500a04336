//! Lists the checks.

use super::check::Check;
use super::{
    arithmetic, conversions, errors, every_f32, hard_values, huge_tensors, lengths, not_finite,
    packing, random_bits, rows, sixteen_bits, tensors, threads, tiles,
};
use crate::effort::Effort;

/// The checks that belong to an effort.
///
/// ```
/// use absmax_proof::{Effort, checks};
///
/// let names = |effort| checks::of(effort).iter().map(|check| check.name).collect::<Vec<_>>();
/// assert!(!names(Effort::Normal).contains(&"every f32"));
/// assert!(names(Effort::Exhaustive).contains(&"every f32"));
/// ```
pub fn of(effort: Effort) -> Vec<Check> {
    let mut checks = vec![
        hard_values::CHECK,
        lengths::CHECK,
        random_bits::CHECK,
        sixteen_bits::CHECK,
        tensors::CHECK,
        rows::CHECK,
        tiles::CHECK,
        arithmetic::CHECK,
        not_finite::CHECK,
        packing::CHECK,
        errors::CHECK,
        conversions::CHECK,
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
