//! From rounded quotients to bytes: q = clamp(v + zero_point, qmin, qmax), by as few instructions as
//! the integers in use allow, which is chosen in one place: [`Grid::finish`].

use crate::QuantParams;
use crate::simd::Simd;

/// What is taken from an unsigned integer to make it an [`i8`].
const BIAS: i32 = 128;

/// The integers in use, as kernels compute them: an unsigned integer is the [`i8`] that is 128 less,
/// with the first bit flipped in the end.
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
        Self { zero: params.zero_point() - bias, min, max, unsigned }
    }

    /// Any zero point of these integers, as kernels add it.
    #[inline(always)]
    pub(crate) fn biased(self, zero_point: i32) -> i32 {
        if self.unsigned { zero_point - BIAS } else { zero_point }
    }

    /// Does something with the cheapest way to finish a block.
    #[inline(always)]
    pub(crate) fn finish<S: Simd, W: WithFinish<S>>(self, s: S, then: W) -> W::Output {
        let nothing_is_added = !self.unsigned && self.zero == 0;
        let all_of_u8 = self.unsigned && self.min == i8::MIN && self.max == i8::MAX;
        if nothing_is_added {
            self.finish_centred(s, then)
        } else if all_of_u8 {
            then.with(s, WholeU8 { zero: s.splat_i16((self.zero + BIAS) as i16) })
        } else {
            then.with(s, self.shifted(s))
        }
    }

    /// [`Grid::finish`] where the integers are signed and the zero point is 0.
    #[inline(always)]
    pub(crate) fn finish_centred<S: Simd, W: WithFinish<S>>(self, s: S, then: W) -> W::Output {
        match (self.min, self.max) {
            (-127, 127) if W::LOOKS => then.with(s, NarrowI8),
            (i8::MIN | -127, 127) => then.with(s, WholeI8),
            (min, max) => then.with(s, Centred { min: s.splat_i8(min), max: s.splat_i8(max) }),
        }
    }

    /// What [`Shifted`] needs.
    #[inline(always)]
    pub(crate) fn shifted<S: Simd>(self, s: S) -> Shifted<S> {
        Shifted { zero: s.splat_i16(self.zero as i16), limited: self.limited(s) }
    }

    /// What is left to do to integers to which the zero point has been added.
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
    /// Where a quotient that did not fit 32 bits shows.
    type Suspect: Suspect<S>;

    /// The bytes of a block.
    fn finish(self, s: S, v: [S::I16; 2]) -> S::I8;
}

/// Something to be done with a [`Finish`], once it is known which.
pub(crate) trait WithFinish<S: Simd> {
    /// What is returned.
    type Output;

    /// Whether [`Finish::Suspect`] is made use of. If not, narrow and whole int8 are one.
    const LOOKS: bool;

    /// Does it.
    fn with<F: Finish<S>>(self, s: S, finish: F) -> Self::Output;
}

/// [-127, 127]: saturating is all that is needed. What the quotients can be keeps -128 out.
#[derive(Clone, Copy)]
struct NarrowI8;

impl<S: Simd> Finish<S> for NarrowI8 {
    type Suspect = LeastByte;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8(a, b)
    }
}

/// [-128, 127]: saturating is all that is needed.
#[derive(Clone, Copy)]
struct WholeI8;

impl<S: Simd> Finish<S> for WholeI8 {
    type Suspect = LeastHalf;

    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8(a, b)
    }
}

/// Fewer signed integers with the zero point 0: limiting is all that is needed.
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

/// [0, 255]: adding the zero point and saturating is all that is needed.
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

/// Any integers and any zero point.
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

/// For integers to which a zero point has been added.
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

/// Four vectors of 32 bits to two of 16.
#[inline(always)]
pub(crate) fn halve<S: Simd>(s: S, [a, b, c, d]: [S::I32; 4]) -> [S::I16; 2] {
    [s.narrow16(a, b), s.narrow16(c, d)]
}

/// Where to look for a quotient that became `i32::MIN` because it did not fit. It stays the least
/// value however far it is narrowed.
pub(crate) trait Suspect<S: Simd> {
    /// The least of what was seen.
    type Least: Copy;

    /// Nothing seen yet.
    fn nothing(s: S) -> Self::Least;

    /// Sees a block: its quotients in 16 bits, and its bytes.
    fn see(s: S, least: Self::Least, v: [S::I16; 2], bytes: S::I8) -> Self::Least;

    /// Whether the least integer of all was seen.
    fn is_suspect(s: S, least: Self::Least) -> bool;
}

/// In the bytes, of which no right one is -128: a quarter of the vectors to look at.
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

/// In the quotients of 16 bits, where -128 may be a right byte or something is still to be added.
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
