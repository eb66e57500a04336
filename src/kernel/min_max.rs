//! Computes the least and the largest x. Both zeros count as one value, +0.

use core::marker::PhantomData;

use super::blocks::{Scan, Traffic, scan};
use crate::limits::Limits;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// The least and the largest of `x`. Both are NaN if a value is NaN. If there are no values, the
/// least is infinity and the largest is -infinity.
pub(crate) struct MinMax<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) traffic: Traffic,
}

impl<T: Value> Kernel for MinMax<'_, T> {
    type Output = Limits;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> Limits {
        min_max(s, self.x, self.traffic)
    }
}

#[inline(always)]
pub(crate) fn min_max<S: Simd, T: Value>(s: S, x: &[T], traffic: Traffic) -> Limits {
    let mut spans = Spans { spans: [s.span(); SPANS], element: PhantomData::<T> };
    scan(s, &mut spans, x, traffic);
    limits(s, spans.spans)
}

/// The limits of the values that four spans saw.
#[inline(always)]
pub(crate) fn limits<S: Simd>(s: S, spans: [S::Span; SPANS]) -> Limits {
    let [min, max] = s.limits(spans);
    // The sum of either zero and +0 is +0.
    Limits { min: min + 0.0, max: max + 0.0 }
}

/// The number of spans: enough independent chains of operations to hide the latency of one
/// operation.
pub(crate) const SPANS: usize = 4;

struct Spans<S: Simd, T> {
    spans: [S::Span; SPANS],
    element: PhantomData<T>,
}

impl<S: Simd, T: Value> Scan<S> for Spans<S, T> {
    type In = T;

    #[inline(always)]
    fn blocks<const N: usize>(&mut self, s: S, src: &[[T; BLOCK]; N]) {
        for (i, block) in src.iter().enumerate() {
            let [a, b, c, d]: &[[T; LANES]; 4] = bytemuck::must_cast_ref(block);
            let [even, odd] = if i % 2 == 0 { [0, 1] } else { [2, 3] };
            self.spans[even] = s.extend(self.spans[even], [T::load(s, a), T::load(s, b)]);
            self.spans[odd] = s.extend(self.spans[odd], [T::load(s, c), T::load(s, d)]);
        }
    }
}
