//! Rounds to f16.

use half::f16;

use crate::simd::{Kernel, LANES, Simd};

/// Rounds each number to the nearest f16, and to the even one of two that are equally near. None is
/// NaN. There are whole vectors of numbers, and as many results.
pub(crate) struct Narrow<'a> {
    pub(crate) numbers: &'a [[f32; LANES]],
    pub(crate) halves: &'a mut [[f16; LANES]],
}

impl Kernel for Narrow<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        for (numbers, halves) in self.numbers.iter().zip(self.halves) {
            s.store_f16(halves, s.load_f32(numbers));
        }
    }
}
