//! abs_max = max |x|, as the integer maximum of the bits without the sign.

use super::blocks::{Scan, Traffic, scan};
use crate::Element;
use crate::simd::{BLOCK, Kernel, Simd};

/// The largest magnitude of `x`, in the bits of its own type: see [`Element`]'s hidden half.
pub(crate) struct AbsMax<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) traffic: Traffic,
}

impl<T: Element> Kernel for AbsMax<'_, T> {
    type Output = u32;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> u32 {
        let bits = abs_max(s, self.x, self.traffic);
        if T::from_magnitude_bits(bits).is_nan() { largest_nan(self.x) } else { bits }
    }
}

/// The same; of some NaN where one was seen.
#[inline(always)]
pub(crate) fn abs_max<S: Simd, T: Element>(s: S, x: &[T], traffic: Traffic) -> u32 {
    let mut peaks = Peaks { peaks: [[T::peak(s); 2]; ROWS] };
    scan(s, &mut peaks, x, traffic);
    let bits = peaks.peaks.map(|[a, b]| T::peak_bits(s, a).max(T::peak_bits(s, b)));
    bits.into_iter().fold(0, u32::max)
}

/// Two peaks for each of two blocks: as many chains as hide an operation's latency.
const ROWS: usize = 2;

struct Peaks<T: Element, S: Simd> {
    peaks: [[T::Peak<S>; 2]; ROWS],
}

impl<T: Element, S: Simd> Scan<S> for Peaks<T, S> {
    type In = T;

    #[inline(always)]
    fn blocks<const N: usize>(&mut self, s: S, src: &[[T; BLOCK]; N]) {
        for (i, block) in src.iter().enumerate() {
            T::raise(s, &mut self.peaks[i % ROWS], block);
        }
    }
}

/// Which NaN is the largest is asked so seldom that the fast path does not keep it.
#[cold]
#[inline(never)]
fn largest_nan<T: Element>(x: &[T]) -> u32 {
    x.iter().map(|x| x.magnitude_bits()).fold(0, u32::max)
}
