//! Computes the sums behind the error metrics, in binary64. Each sum has sixteen accumulators that
//! are added up in one fixed order, so every instruction set returns the same bits.
//!
//! The arithmetic is plain Rust on arrays of sixteen lanes. Compiled inside [`Simd::run`], it
//! becomes vectors of that instruction set. Rust does not contract a product and a sum into one
//! operation.

use core::array::from_fn;

use crate::simd::{Kernel, LANES, Simd, Value};

/// Sums over pairs of a value x and its approximation y, with e = x - y.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pub(crate) count: u64,
    pub(crate) ee: f64,
    pub(crate) xx: f64,
    pub(crate) yy: f64,
    pub(crate) xy: f64,
    pub(crate) max_abs: f64,
}

impl Sums {
    /// The sums over the pairs of both.
    pub(crate) fn merge(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            ee: self.ee + other.ee,
            xx: self.xx + other.xx,
            yy: self.yy + other.yy,
            xy: self.xy + other.xy,
            max_abs: larger(self.max_abs, other.max_abs),
        }
    }
}

/// The sums of `x` and `y`, which have the same length.
pub(crate) struct ErrorSums<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) y: &'a [f32],
}

impl<T: Value> Kernel for ErrorSums<'_, T> {
    type Output = Sums;

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) -> Sums {
        let mut lanes = Lanes::default();
        let (xs, x_tail) = self.x.as_chunks::<LANES>();
        let (ys, y_tail) = self.y.as_chunks::<LANES>();
        for (x, y) in xs.iter().zip(ys) {
            lanes.see(s, x, y);
        }
        let (mut x, mut y) = ([T::zeroed(); LANES], [0.0; LANES]);
        x[..x_tail.len()].copy_from_slice(x_tail);
        y[..y_tail.len()].copy_from_slice(y_tail);
        lanes.see(s, &x, &y);
        lanes.sums(self.x.len() as u64)
    }
}

#[derive(Default)]
struct Lanes {
    ee: [f64; LANES],
    xx: [f64; LANES],
    yy: [f64; LANES],
    xy: [f64; LANES],
    max_abs: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn see<S: Simd, T: Value>(&mut self, s: S, x: &[T; LANES], y: &[f32; LANES]) {
        let mut wide = [0.0; LANES];
        s.store_f32(&mut wide, T::load(s, x));
        for i in 0..LANES {
            let (x, y) = (f64::from(wide[i]), f64::from(y[i]));
            let e = x - y;
            self.ee[i] += e * e;
            self.xx[i] += x * x;
            self.yy[i] += y * y;
            self.xy[i] += x * y;
            self.max_abs[i] = larger(self.max_abs[i], e.abs());
        }
    }

    fn sums(self, count: u64) -> Sums {
        Sums {
            count,
            ee: fold(self.ee, |a, b| a + b),
            xx: fold(self.xx, |a, b| a + b),
            yy: fold(self.yy, |a, b| a + b),
            xy: fold(self.xy, |a, b| a + b),
            max_abs: fold(self.max_abs, larger),
        }
    }
}

/// The larger of two numbers. A NaN may be lost here, but it shows in the sums.
#[inline(always)]
fn larger(a: f64, b: f64) -> f64 {
    if a < b { b } else { a }
}

/// Halves the lanes until one is left: ((0 + 8) + (4 + 12)) + ...
fn fold(lanes: [f64; LANES], combine: fn(f64, f64) -> f64) -> f64 {
    let eight: [f64; 8] = from_fn(|i| combine(lanes[i], lanes[i + 8]));
    let four: [f64; 4] = from_fn(|i| combine(eight[i], eight[i + 4]));
    let two: [f64; 2] = from_fn(|i| combine(four[i], four[i + 2]));
    combine(two[0], two[1])
}
