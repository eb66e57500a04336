//! The three ways from a block of values to a block of bytes, which [`super::quantize`] explains.

use core::marker::PhantomData;

use super::blocks::Map;
use super::divide::{ByProduct, Divide, divisor};
use super::grid::{Finish, Suspect, halve};
use crate::reciprocal::Reciprocal;
use crate::simd::{BLOCK, LANES, Simd, Value};

/// Applies the expression `lane` to each of the four vectors of a block.
macro_rules! block_of {
    ($s:ident, $block:expr, |$v:ident| $lane:expr) => {{
        let [a, b, c, d]: &[[T; LANES]; 4] = bytemuck::must_cast_ref($block);
        [
            {
                let $v = T::load($s, a);
                $lane
            },
            {
                let $v = T::load($s, b);
                $lane
            },
            {
                let $v = T::load($s, c);
                $lane
            },
            {
                let $v = T::load($s, d);
                $lane
            },
        ]
    }};
}

/// Stores a block of results.
#[inline(always)]
fn put<S: Simd, const STREAM: bool>(s: S, dst: &mut [i8; BLOCK], v: S::I8) {
    if STREAM { s.stream_i8(dst, v) } else { s.store_i8(dst, v) }
}

/// The least integer that was converted, in the form that [`Suspect`] keeps it in.
type Least<S, F> = <<F as Finish<S>>::Suspect as Suspect<S>>::Least;

/// Converts blocks without clipping them. If `LOOK`, returns the least of `least` and of the
/// integers that were converted.
#[inline(always)]
fn unclipped<S, T, F, const LOOK: bool, const N: usize, const STREAM: bool>(
    s: S,
    by: (S::Divisor, F),
    src: &[[T; BLOCK]; N],
    dst: &mut [[i8; BLOCK]; N],
    mut least: Least<S, F>,
) -> Least<S, F>
where
    S: Simd,
    T: Value,
    F: Finish<S>,
{
    let (divisor, finish) = by;
    for (x, q) in src.iter().zip(dst) {
        let v = halve(s, block_of!(s, x, |v| s.round(s.div_by(v, divisor))));
        let bytes = finish.finish(s, v);
        if LOOK {
            least = F::Suspect::see(s, least, v, bytes);
        }
        put::<S, STREAM>(s, q, bytes);
    }
    least
}

/// The way for values in a known range: nothing is clipped, and nothing is converted twice.
pub(super) struct Known<S: Simd, T, F: Finish<S>, const LOOK: bool> {
    divisor: S::Divisor,
    finish: F,
    /// The least integer of all blocks; meaningless unless `LOOK`.
    pub(super) least: Least<S, F>,
    element: PhantomData<T>,
}

impl<S: Simd, T, F: Finish<S>, const LOOK: bool> Known<S, T, F, LOOK> {
    #[inline(always)]
    pub(super) fn new(s: S, scale: f32, reciprocal: Reciprocal, finish: F) -> Self {
        let (divisor, least) = (divisor(s, scale, reciprocal), F::Suspect::nothing(s));
        Self { divisor, finish, least, element: PhantomData }
    }
}

impl<S: Simd, T: Value, F: Finish<S>, const LOOK: bool> Map<S> for Known<S, T, F, LOOK> {
    type In = T;
    type Out = i8;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[T; BLOCK]; N],
        dst: &mut [[i8; BLOCK]; N],
    ) {
        let by = (self.divisor, self.finish);
        self.least = unclipped::<S, T, F, LOOK, N, STREAM>(s, by, src, dst, self.least);
    }
}

/// The careful way: every value is clipped.
#[derive(Clone, Copy)]
pub(super) struct Careful<D, F, T> {
    divide: D,
    finish: F,
    element: PhantomData<T>,
}

impl<D, F, T> Careful<D, F, T> {
    #[inline(always)]
    pub(super) fn new(divide: D, finish: F) -> Self {
        Self { divide, finish, element: PhantomData }
    }
}

impl<S: Simd, D: Divide<S>, F: Finish<S>, T: Value> Map<S> for Careful<D, F, T> {
    type In = T;
    type Out = i8;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[T; BLOCK]; N],
        dst: &mut [[i8; BLOCK]; N],
    ) {
        for (x, q) in src.iter().zip(dst) {
            let v = block_of!(s, x, |v| self.divide.integers::<T>(s, v));
            put::<S, STREAM>(s, q, self.finish.finish(s, halve(s, v)));
        }
    }
}

/// The hopeful way: a panel is converted without clipping, and again if it should have been
/// clipped.
pub(super) struct Hopeful<S: Simd, T, F> {
    careful: Careful<ByProduct<S>, F, T>,
    /// The number of panels that are still to be clipped from the start.
    careful_for: u32,
}

/// The number of panels that are clipped in a row, beginning with one that had to be converted
/// twice.
const CAREFUL_RUN: u32 = 16;

impl<S: Simd, T, F> Hopeful<S, T, F> {
    #[inline(always)]
    pub(super) fn new(careful: Careful<ByProduct<S>, F, T>) -> Self {
        Self { careful, careful_for: 0 }
    }
}

impl<S: Simd, T: Value, F: Finish<S>> Map<S> for Hopeful<S, T, F> {
    type In = T;
    type Out = i8;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[T; BLOCK]; N],
        dst: &mut [[i8; BLOCK]; N],
    ) {
        if self.careful_for == 0 {
            let by = (self.careful.divide.divisor, self.careful.finish);
            let least = F::Suspect::nothing(s);
            let least = unclipped::<S, T, F, true, N, STREAM>(s, by, src, &mut *dst, least);
            if !F::Suspect::is_suspect(s, least) {
                return;
            }
            self.careful_for = CAREFUL_RUN;
        }
        self.careful_for -= 1;
        Map::<S>::blocks::<N, STREAM>(&mut self.careful, s, src, dst);
    }
}
