//! q = clamp(round_half_even(x / scale) + zero_point, qmin, qmax), NaN to the zero point.

use core::marker::PhantomData;

use super::blocks::{Map, Traffic, map, map_as};
use super::divide::{ByDivision, ByProduct, Divide, divisor};
use super::grid::{Finish, Grid, Saturated, halve};
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
        let Self { x, params, known, traffic, unsigned, q } = self;
        let grid = Grid::new(params, unsigned);
        let Some(r) = params.reciprocal() else { return by_division(s, x, params, grid, q) };
        if known {
            let scale = params.scale();
            if traffic.stream {
                known_range::<S, T, true>(s, x, scale, r, grid, traffic, q);
                s.stream_fence();
            } else {
                known_range::<S, T, false>(s, x, scale, r, grid, traffic, q);
            }
            return;
        }
        let divide = ByProduct::new(s, params, r);
        if !grid.saturates() {
            if grid.is_whole_u8() {
                given::<S, T, _, FullRange>(s, x, divide, grid.whole(s), traffic, q);
            } else {
                given::<S, T, _, FullRange>(s, x, divide, grid.shifted(s), traffic, q);
            }
        } else if params.qmin() == -127 {
            given::<S, T, _, NarrowRange>(s, x, divide, Saturated, traffic, q);
        } else {
            given::<S, T, _, FullRange>(s, x, divide, Saturated, traffic, q);
        }
    }
}

/// By a scale in the proven range, on one kind of grid, where `R` is how to see what went wild.
#[inline(always)]
fn given<S: Simd, T: Element, F: Finish<S>, R: Suspect<S>>(
    s: S,
    x: &[T],
    divide: ByProduct<S>,
    finish: F,
    traffic: Traffic,
    q: &mut [i8],
) {
    let mut careful = Careful::new(divide, finish);
    if S::WILD_IS_MIN {
        map(s, &mut Hopeful::<S, T, F, R>::new(careful), x, q, traffic);
    } else {
        map(s, &mut careful, x, q, traffic);
    }
}

/// By a scale outside the proven range. It is rare: one text for every grid.
#[inline(always)]
fn by_division<S: Simd, T: Element>(s: S, x: &[T], params: QuantParams, grid: Grid, q: &mut [i8]) {
    let mut careful = Careful::new(ByDivision::new(s, params), grid.shifted(s));
    map_as::<S, _, false>(s, &mut careful, x, q, Traffic::CACHED);
}

/// Quantizes values within the range of their scale, which are in the cache; returns whether there
/// was a NaN among them, if `LOOK`, for which the integers have to be signed and the zero point 0.
#[inline(always)]
pub(crate) fn known_row<S: Simd, T: Element, const LOOK: bool>(
    s: S,
    x: &[T],
    params: QuantParams,
    unsigned: bool,
    q: &mut [i8],
) -> bool {
    let (grid, scale, traffic) = (Grid::new(params, unsigned), params.scale(), Traffic::CACHED);
    let Some(r) = params.reciprocal() else {
        by_division(s, x, params, grid, q);
        return LOOK && x.iter().any(|x| x.to_f32().is_nan());
    };
    if !LOOK {
        known_range::<S, T, false>(s, x, scale, r, grid, traffic, q);
        false
    } else if !grid.saturates() {
        known::<S, T, _, FullRange, false>(s, x, scale, r, grid.centred(s), traffic, q)
    } else if params.qmin() == -127 {
        known::<S, T, _, NarrowRange, false>(s, x, scale, r, Saturated, traffic, q)
    } else {
        known::<S, T, _, FullRange, false>(s, x, scale, r, Saturated, traffic, q)
    }
}

/// Quantizes values that are within the range of a scale in the proven range.
#[inline(always)]
fn known_range<S: Simd, T: Element, const STREAM: bool>(
    s: S,
    x: &[T],
    scale: f32,
    reciprocal: Reciprocal,
    grid: Grid,
    traffic: Traffic,
    q: &mut [i8],
) {
    if grid.saturates() {
        known::<S, T, _, Nowhere, STREAM>(s, x, scale, reciprocal, Saturated, traffic, q);
    } else if grid.is_whole_u8() {
        known::<S, T, _, Nowhere, STREAM>(s, x, scale, reciprocal, grid.whole(s), traffic, q);
    } else if grid.is_centred() {
        known::<S, T, _, Nowhere, STREAM>(s, x, scale, reciprocal, grid.centred(s), traffic, q);
    } else {
        known::<S, T, _, Nowhere, STREAM>(s, x, scale, reciprocal, grid.shifted(s), traffic, q);
    }
}

/// The same on one kind of grid. Where `R` looks, returns whether there was a NaN.
#[inline(always)]
fn known<S: Simd, T: Element, F: Finish<S>, R: Suspect<S>, const STREAM: bool>(
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
    map_as::<S, _, STREAM>(s, &mut known, x, q, traffic);
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
            let v = halve(s, v);
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
            put::<S, STREAM>(s, q, self.finish.finish(s, halve(s, v)));
        }
    }
}

/// Converts unclipped and looks whether it should not have.
///
/// Where [`Simd::WILD_IS_MIN`], NaN and whatever overflows becomes `i32::MIN`, which stays the least
/// value when it is narrowed. Only a value that belongs at or below qmin becomes that rightly. Values above qmax saturate in the narrowing, as
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
                let v = halve(s, v);
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
    fn see(s: S, least: Self::Least, v: [S::I16; 2], bytes: S::I8) -> Self::Least;
    fn is_suspect(s: S, least: Self::Least) -> bool;
}

/// Nothing can have gone wild.
struct Nowhere;

impl<S: Simd> Suspect<S> for Nowhere {
    type Least = ();

    #[inline(always)]
    fn nothing(_s: S) {}

    #[inline(always)]
    fn see(_s: S, _least: (), _v: [S::I16; 2], _bytes: S::I8) {}

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
        s.splat_i8(0)
    }

    #[inline(always)]
    fn see(s: S, least: S::I8, _v: [S::I16; 2], bytes: S::I8) -> S::I8 {
        s.min_i8(least, bytes)
    }

    #[inline(always)]
    fn is_suspect(s: S, least: S::I8) -> bool {
        s.has_min_i8(least)
    }
}

/// -128 may be right, or something is added: look at the quotients in 16 bits, where `i32::MIN` has
/// become `i16::MIN`.
struct FullRange;

impl<S: Simd> Suspect<S> for FullRange {
    type Least = S::I16;

    #[inline(always)]
    fn nothing(s: S) -> S::I16 {
        s.splat_i16(0)
    }

    #[inline(always)]
    fn see(s: S, least: S::I16, [a, b]: [S::I16; 2], _bytes: S::I8) -> S::I16 {
        s.min_i16(least, s.min_i16(a, b))
    }

    #[inline(always)]
    fn is_suspect(s: S, least: S::I16) -> bool {
        s.has_min_i16(least)
    }
}
