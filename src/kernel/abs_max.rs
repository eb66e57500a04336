//! Computes abs_max = max |x|, as the integer maximum of the bits without the sign.

use super::blocks::{Scan, Traffic, scan};
use crate::simd::{BLOCK, Kernel, Simd, Value};

/// The largest magnitude of `x`, in the bits of its own type: see [`Value::magnitude_bits`].
pub(crate) struct AbsMax<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) traffic: Traffic,
}

impl<T: Value> Kernel for AbsMax<'_, T> {
    type Output = u32;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> u32 {
        let bits = abs_max::<S, T, false>(s, self.x, self.traffic);
        if bits > T::INFINITY_BITS { largest_nan(self.x) } else { bits }
    }
}

/// The bits of the largest magnitude, or of some NaN if one was seen. `QUICK` has the meaning that
/// it has in [`Value::raise`].
#[inline(always)]
pub(crate) fn abs_max<S: Simd, T: Value, const QUICK: bool>(
    s: S,
    x: &[T],
    traffic: Traffic,
) -> u32 {
    let mut peaks = Peaks::<S, T, QUICK>([[T::peak(s); 2]; ROWS]);
    scan(s, &mut peaks, x, traffic);
    T::peak_bits(s, peaks.0)
}

/// The number of blocks that have two peaks of their own. That makes four independent chains of
/// operations, which hide the latency of one operation.
const ROWS: usize = 2;

struct Peaks<S: Simd, T: Value, const QUICK: bool>([[T::Peak<S>; 2]; ROWS]);

impl<S: Simd, T: Value, const QUICK: bool> Scan<S> for Peaks<S, T, QUICK> {
    type In = T;

    #[inline(always)]
    fn blocks<const N: usize>(&mut self, s: S, src: &[[T; BLOCK]; N]) {
        for (i, block) in src.iter().enumerate() {
            T::raise::<S, QUICK>(s, &mut self.0[i % ROWS], block);
        }
    }
}

/// Finds the largest NaN. It is needed so seldom that the fast path does not keep it.
#[cold]
#[inline(never)]
fn largest_nan<T: Value>(x: &[T]) -> u32 {
    x.iter().map(|x| x.magnitude_bits()).fold(0, u32::max)
}
