//! q = clamp(round_half_even(x / scale) + zero_point, qmin, qmax), NaN to the zero point.

use core::marker::PhantomData;

use super::blocks::{Map, Traffic, map};
use super::divide::{ByDivision, ByProduct, Divide, divisor};
use super::grid::{Finish, Grid, Saturated};
use crate::division::Reciprocal;
use crate::simd::{BLOCK, Kernel, LANES, Simd};
use crate::{Element, QuantParams};

/// Quantizes `x` into `q`, which have the same length.
pub struct Quantize<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) params: QuantParams,
    /// Whether the scale came from these data (or from more), all finite. Then no quotient is
    /// beyond the steps of the range by more than the rounding of the scale, which is less than
    /// half a step: nothing is to be clipped that narrowing does not clip by itself.
    pub(crate) known: bool,
    pub(crate) traffic: Traffic,
    /// Whether `q` are the bits of [`u8`].
    pub(crate) unsigned: bool,
    pub(crate) q: &'a mut [i8],
}

impl<T: Element> Kernel for Quantize<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let grid = Grid::new(self.params, self.unsigned);
        if !grid.saturates() {
            self.finished::<S, _, FullRange>(s, grid.shifted(s));
        } else if self.params.qmin() == -127 {
            self.finished::<S, _, NarrowRange>(s, Saturated);
        } else {
            self.finished::<S, _, FullRange>(s, Saturated);
        }
    }
}

impl<T: Element> Quantize<'_, T> {
    /// On one kind of grid, where `R` is how to see what went wild.
    #[inline(always)]
    fn finished<S: Simd, F: Finish<S>, R: Suspect<S>>(self, s: S, finish: F) {
        let Self { x, params, known, traffic, q, .. } = self;
        match params.reciprocal() {
            Some(r) if known => {
                known_range::<S, T, F, Nowhere>(s, x, params.scale(), r, finish, traffic, q);
            }
            Some(r) if S::WILD_IS_MIN => {
                let careful = Careful::new(ByProduct::new(s, params, r), finish);
                map(s, &mut Hopeful::<S, T, F, R>::new(careful), x, q, traffic);
            }
            Some(r) => {
                map(s, &mut Careful::new(ByProduct::new(s, params, r), finish), x, q, traffic);
            }
            None => map(s, &mut Careful::new(ByDivision::new(s, params), finish), x, q, traffic),
        }
    }
}

impl<T: Element> Quantize<'_, T> {
    /// Quantizes values within the range of their scale, among which there may be NaN; returns
    /// whether there was one.
    #[inline(always)]
    pub(crate) fn noticing_nan<S: Simd>(self, s: S) -> bool {
        let Some(r) = self.params.reciprocal() else {
            let x = self.x;
            self.eval(s);
            return x.iter().any(|x| x.to_f32().is_nan());
        };
        let Self { x, params, traffic, q, .. } = self;
        let (scale, grid) = (params.scale(), Grid::new(params, self.unsigned));
        if !grid.saturates() {
            let finish = grid.shifted(s);
            known_range::<S, T, _, FullRange>(s, x, scale, r, finish, traffic, q)
        } else if params.qmin() == -127 {
            known_range::<S, T, _, NarrowRange>(s, x, scale, r, Saturated, traffic, q)
        } else {
            known_range::<S, T, _, FullRange>(s, x, scale, r, Saturated, traffic, q)
        }
    }
}

/// Quantizes values that are within the range of a scale in the proven range. Where `R` looks,
/// returns whether there was a NaN among them.
#[inline(always)]
fn known_range<S: Simd, T: Element, F: Finish<S>, R: Suspect<S>>(
    s: S,
    x: &[T],
    scale: f32,
    reciprocal: Reciprocal,
    finish: F,
    traffic: Traffic,
    q: &mut [i8],
) -> bool {
    let divisor = divisor(s, scale, reciprocal);
    let least = R::nothing(s);
    let mut known = Known::<S, T, F, R> { divisor, finish, least, element: PhantomData };
    map(s, &mut known, x, q, traffic);
    R::is_suspect(s, known.least)
}

/// The four vectors of a block, each through `lane`.
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

/// No clip, and nothing is done twice.
struct Known<S: Simd, T, F, R: Suspect<S>> {
    divisor: S::Divisor,
    finish: F,
    least: R::Least,
    element: PhantomData<T>,
}

impl<S: Simd, T: Element, F: Finish<S>, R: Suspect<S>> Map<S> for Known<S, T, F, R> {
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
            let v = block_of!(s, x, |v| s.round(s.div_by(v, self.divisor)));
            let bytes = self.finish.finish(s, v);
            self.least = R::see(s, self.least, v, bytes);
            put::<S, STREAM>(s, q, bytes);
        }
    }
}

/// Clips everything first.
#[derive(Clone, Copy)]
struct Careful<D, F, T> {
    divide: D,
    finish: F,
    element: PhantomData<T>,
}

impl<D, F, T> Careful<D, F, T> {
    #[inline(always)]
    fn new(divide: D, finish: F) -> Self {
        Self { divide, finish, element: PhantomData }
    }
}

impl<S: Simd, D: Divide<S>, F: Finish<S>, T: Element> Map<S> for Careful<D, F, T> {
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
            let v = block_of!(s, x, |v| s.round(self.divide.quotient(s, v)));
            put::<S, STREAM>(s, q, self.finish.finish(s, v));
        }
    }
}

/// Converts unclipped and looks whether it should not have.
///
/// Where [`Simd::WILD_IS_MIN`], NaN and whatever overflows becomes `i32::MIN`, and only a value
/// that belongs at or below qmin does so rightly. Values above qmax saturate in the narrowing, as
/// they should, or are limited after it. So a group of blocks without a suspicious lane is right, and any other is done
/// again with care. Data that is clipped on purpose would pay twice: after a bad group the next few
/// are done with care at once.
struct Hopeful<S: Simd, T, F, R> {
    careful: Careful<ByProduct<S>, F, T>,
    careful_for: u32,
    range: PhantomData<R>,
}

/// Groups done with care after one that had to be done twice.
const CAREFUL_RUN: u32 = 16;

impl<S: Simd, T, F, R> Hopeful<S, T, F, R> {
    #[inline(always)]
    fn new(careful: Careful<ByProduct<S>, F, T>) -> Self {
        Self { careful, careful_for: 0, range: PhantomData }
    }
}

impl<S: Simd, T: Element, F: Finish<S>, R: Suspect<S>> Map<S> for Hopeful<S, T, F, R> {
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
            let divisor = self.careful.divide.divisor;
            let mut least = R::nothing(s);
            for (x, q) in src.iter().zip(&mut *dst) {
                let v = block_of!(s, x, |v| s.round(s.div_by(v, divisor)));
                let bytes = self.careful.finish.finish(s, v);
                least = R::see(s, least, v, bytes);
                put::<S, STREAM>(s, q, bytes);
            }
            if !R::is_suspect(s, least) {
                return;
            }
            self.careful_for = CAREFUL_RUN;
        }
        self.careful_for -= 1;
        Map::<S>::blocks::<N, STREAM>(&mut self.careful, s, src, dst);
    }
}

/// Where to look for a lane that went wild.
trait Suspect<S: Simd> {
    /// The least of what was seen.
    type Least: Copy;
    fn nothing(s: S) -> Self::Least;
    fn see(s: S, least: Self::Least, v: [S::I32; 4], bytes: S::I8) -> Self::Least;
    fn is_suspect(s: S, least: Self::Least) -> bool;
}

/// Nothing can have gone wild.
struct Nowhere;

impl<S: Simd> Suspect<S> for Nowhere {
    type Least = ();

    #[inline(always)]
    fn nothing(_s: S) {}

    #[inline(always)]
    fn see(_s: S, _least: (), _v: [S::I32; 4], _bytes: S::I8) {}

    #[inline(always)]
    fn is_suspect(_s: S, _least: ()) -> bool {
        false
    }
}

/// -128 is no right answer of a [`Saturated`] grid: look at the bytes.
struct NarrowRange;

impl<S: Simd> Suspect<S> for NarrowRange {
    type Least = S::I8;

    #[inline(always)]
    fn nothing(s: S) -> S::I8 {
        s.narrow([s.round(s.splat(0.0)); 4])
    }

    #[inline(always)]
    fn see(s: S, least: S::I8, _v: [S::I32; 4], bytes: S::I8) -> S::I8 {
        s.min_i8(least, bytes)
    }

    #[inline(always)]
    fn is_suspect(s: S, least: S::I8) -> bool {
        s.has_min_i8(least)
    }
}

/// -128 may be right, or something is added: look at the rounded quotients themselves.
struct FullRange;

impl<S: Simd> Suspect<S> for FullRange {
    type Least = S::I32;

    #[inline(always)]
    fn nothing(s: S) -> S::I32 {
        s.round(s.splat(0.0))
    }

    #[inline(always)]
    fn see(s: S, least: S::I32, v: [S::I32; 4], _bytes: S::I8) -> S::I32 {
        s.min_i32(least, s.min_i32(s.min_i32(v[0], v[1]), s.min_i32(v[2], v[3])))
    }

    #[inline(always)]
    fn is_suspect(s: S, least: S::I32) -> bool {
        s.has_min_i32(least)
    }
}
