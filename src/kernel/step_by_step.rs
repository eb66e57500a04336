//! Quantizes by a scale outside the proven range, or in the way of another program: step by step.
//!
//! Such calls are rare, so one piece of code serves every grid and every way. It is a kernel of its
//! own, because other kernels call it in many places, and copies of it would be a good part of the
//! machine code of this crate.

use super::blocks::{Traffic, map_as};
use super::convert::Careful;
use super::divide::StepByStep;
use super::grid::Grid;
use super::sum::{Summed, To};
use crate::QuantParams;
use crate::simd::{Kernel, Simd, Value};

/// Quantizes `x`, whatever the parameters are.
pub(super) struct QuantizeStepByStep<'a, T> {
    pub(super) x: &'a [T],
    pub(super) params: QuantParams,
    pub(super) to: To<'a>,
}

impl<T: Value> Kernel for QuantizeStepByStep<'_, T> {
    /// The sum of the integers, or 0 if they are not added up.
    type Output = i32;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> i32 {
        let Self { x, params, to: To { unsigned, sum, q } } = self;
        let finish = Grid::new(params, unsigned).shifted(s);
        let careful = Careful::new(StepByStep::new(s, params), finish);
        let mut summed = Summed::new(s, careful, sum, unsigned);
        map_as::<S, _, false>(s, &mut summed, x, q, Traffic::CACHED);
        summed.sum(s)
    }
}
