//! Turns rounded quotients into bytes: q = clamp(v + zero_point, qmin, qmax). How many instructions
//! that takes depends on the integers in use, and [`Grid::finish`] chooses the shortest way.

use crate::QuantParams;
use crate::params::Way;
use crate::simd::Simd;

/// The number that is subtracted from an unsigned integer to make it an [`i8`].
const BIAS: i32 = 128;

/// The integers in use, as kernels compute them. An unsigned integer is computed as the [`i8`] that
/// is 128 less, and its first bit is flipped in the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grid {
    zero: i32,
    min: i8,
    max: i8,
    unsigned: bool,
}

impl Grid {
    /// The integers of valid parameters, to be stored as [`u8`] if `unsigned`.
    #[inline(always)]
    pub(crate) fn new(params: QuantParams, unsigned: bool) -> Self {
        let bias = if unsigned { BIAS } else { 0 };
        let [min, max] = [params.qmin(), params.qmax()].map(|q| (q - bias) as i8);
        let added = params.way().has(Way::ZERO_POINT_FIRST);
        let zero = if added { 0 } else { params.zero_point() };
        Self { zero: zero - bias, min, max, unsigned }
    }

    /// A zero point among these integers, as kernels add it.
    #[inline(always)]
    pub(crate) fn biased(self, zero_point: i32) -> i32 {
        if self.unsigned { zero_point - BIAS } else { zero_point }
    }

    /// Gives `then` the cheapest way to finish a block.
    #[inline(always)]
    pub(crate) fn finish<S: Simd, W: WithFinish<S>>(self, s: S, then: W) -> W::Output {
        if self.is_centred() { self.finish_centred(s, then) } else { self.finish_shifted(s, then) }
    }

    /// Whether the integers are signed, with the zero point 0.
    #[inline(always)]
    pub(crate) fn is_centred(self) -> bool {
        !self.unsigned && self.zero == 0
    }

    /// [`Grid::finish`] for signed integers with the zero point 0.
    #[inline(always)]
    pub(crate) fn finish_centred<S: Simd, W: WithFinish<S>>(self, s: S, then: W) -> W::Output {
        match (self.min, self.max) {
            (-127, 127) if W::LOOKS => then.with(s, NarrowI8),
            (i8::MIN | -127, 127) => then.with(s, WholeI8),
            (min, max) => then.with(s, Centred { min: s.splat_i8(min), max: s.splat_i8(max) }),
        }
    }

    /// [`Grid::finish`] for integers that are seldom signed with the zero point 0. The result is right
    /// for these, too.
    #[inline(always)]
    pub(crate) fn finish_shifted<S: Simd, W: WithFinish<S>>(self, s: S, then: W) -> W::Output {
        // Integers of [1, 255] never become 0 if every quotient is in range.
        let all_of_u8 =
            self.max == i8::MAX && (self.min == i8::MIN || self.min == -127 && W::KNOWN);
        if self.unsigned && all_of_u8 {
            then.with(s, WholeU8 { zero: s.splat_i16((self.zero + BIAS) as i16) })
        } else {
            then.with(s, self.shifted(s))
        }
    }

    /// The way for any integers and any zero point.
    #[inline(always)]
    pub(crate) fn shifted<S: Simd>(self, s: S) -> Shifted<S> {
        Shifted { zero: s.splat_i16(self.zero as i16), limited: self.limited(s) }
    }

    /// The way for integers to which the zero point has already been added.
    #[inline(always)]
    pub(crate) fn limited<S: Simd>(self, s: S) -> Limited<S> {
        Limited {
            min: s.splat_i8(self.min),
            max: s.splat_i8(self.max),
            flip: s.splat_i8(if self.unsigned { i8::MIN } else { 0 }),
        }
    }
}

/// A way from the rounded quotients of a block, narrowed to 16 bits, to its bytes.
pub(crate) trait Finish<S: Simd>: Copy {
    /// Where a quotient that did not fit 32 bits can be seen.
    type Suspect: Suspect<S>;

    /// The bytes of a block.
    fn finish(self, s: S, v: [S::I16; 2]) -> S::I8;
}

/// A computation that is run with a [`Finish`], once it is known which one.
pub(crate) trait WithFinish<S: Simd> {
    /// The type of the result.
    type Output;

    /// Whether the computation uses [`Finish::Suspect`]. If not, narrow and whole int8 are finished
    /// alike.
    const LOOKS: bool;

    /// Whether every quotient that is not NaN is known to round to an integer in use.
    const KNOWN: bool;

    /// Runs the computation.
    fn with<F: Finish<S>>(self, s: S, finish: F) -> Self::Output;
}

/// Finishes integers of [-127, 127] by saturating. Quotients within their range never become -128.
#[derive(Clone, Copy)]
struct NarrowI8;

impl<S: Simd> Finish<S> for NarrowI8 {
    type Suspect = LeastByte;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8(a, b)
    }
}

/// Finishes integers of [-128, 127] by saturating.
#[derive(Clone, Copy)]
struct WholeI8;

impl<S: Simd> Finish<S> for WholeI8 {
    type Suspect = LeastHalf;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8(a, b)
    }
}

/// Finishes fewer signed integers with the zero point 0 by limiting.
#[derive(Clone, Copy)]
struct Centred<S: Simd> {
    min: S::I8,
    max: S::I8,
}

impl<S: Simd> Finish<S> for Centred<S> {
    type Suspect = LeastHalf;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.min_i8(s.max_i8(s.narrow8(a, b), self.min), self.max)
    }
}

/// Finishes integers of [0, 255], or of [1, 255], by adding the zero point and saturating.
#[derive(Clone, Copy)]
struct WholeU8<S: Simd> {
    zero: S::I16,
}

impl<S: Simd> Finish<S> for WholeU8<S> {
    type Suspect = LeastHalf;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8_unsigned(s.add_i16(a, self.zero), s.add_i16(b, self.zero))
    }
}

/// Finishes any integers with any zero point.
#[derive(Clone, Copy)]
pub(crate) struct Shifted<S: Simd> {
    zero: S::I16,
    limited: Limited<S>,
}

impl<S: Simd> Finish<S> for Shifted<S> {
    type Suspect = LeastHalf;

    #[inline(always)]
    fn finish(self, s: S, v: [S::I16; 2]) -> S::I8 {
        let v = [s.add_i16(v[0], self.zero), s.add_i16(v[1], self.zero)];
        self.limited.finish(s, v)
    }
}

/// Finishes integers to which a zero point has already been added.
#[derive(Clone, Copy)]
pub(crate) struct Limited<S: Simd> {
    min: S::I8,
    max: S::I8,
    flip: S::I8,
}

impl<S: Simd> Finish<S> for Limited<S> {
    type Suspect = LeastHalf;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        let limited = s.min_i8(s.max_i8(s.narrow8(a, b), self.min), self.max);
        s.xor_i8(limited, self.flip)
    }
}

/// Narrows four vectors of 32-bit integers to two vectors of 16-bit integers.
#[inline(always)]
pub(crate) fn halve<S: Simd>(s: S, [a, b, c, d]: [S::I32; 4]) -> [S::I16; 2] {
    [s.narrow16(a, b), s.narrow16(c, d)]
}

/// Where to look for a quotient that became `i32::MIN` because it did not fit. `i32::MIN` stays the
/// least value however far it is narrowed.
pub(crate) trait Suspect<S: Simd> {
    /// The least integer that was seen.
    type Least: Copy;

    /// The least integer before anything was seen.
    fn nothing(s: S) -> Self::Least;

    /// Sees a block: its quotients in 16 bits, and its bytes.
    fn see(s: S, least: Self::Least, v: [S::I16; 2], bytes: S::I8) -> Self::Least;

    /// Whether the least integer of the type was seen.
    fn is_suspect(s: S, least: Self::Least) -> bool;
}

/// Looks in the bytes, where -128 is never a correct result. They fill one vector where the
/// quotients fill two of 16 bits or four of 32 bits.
pub(crate) struct LeastByte;

impl<S: Simd> Suspect<S> for LeastByte {
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

/// Looks in the 16-bit quotients, because -128 may be a correct byte or something is still to be
/// added.
pub(crate) struct LeastHalf;

impl<S: Simd> Suspect<S> for LeastHalf {
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
