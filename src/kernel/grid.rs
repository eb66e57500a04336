//! From rounded quotients to bytes: q = clamp(v + zero_point, qmin, qmax).

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

    /// Whether saturation is all that is needed: symmetric int8. (The narrow range keeps -128 out
    /// by what it does to the quotients.)
    #[inline(always)]
    pub(crate) fn saturates(self) -> bool {
        !self.unsigned && self.zero == 0 && self.min <= -127 && self.max == 127
    }

    /// Whether limiting is all that is needed: nothing is to be added.
    #[inline(always)]
    pub(crate) fn is_centred(self) -> bool {
        !self.unsigned && self.zero == 0
    }

    /// What [`Centred`] needs.
    #[inline(always)]
    pub(crate) fn centred<S: Simd>(self, s: S) -> Centred<S> {
        Centred { min: s.splat_i8(self.min), max: s.splat_i8(self.max) }
    }

    /// Whether adding the zero point and saturating is: all integers of a [`u8`] are in use.
    #[inline(always)]
    pub(crate) fn is_whole_u8(self) -> bool {
        self.unsigned && self.min == i8::MIN && self.max == i8::MAX
    }

    /// What [`Shifted`] needs.
    #[inline(always)]
    pub(crate) fn shifted<S: Simd>(self, s: S) -> Shifted<S> {
        Shifted { zero: s.splat_i16(self.zero as i16), limited: self.limited(s) }
    }

    /// What [`WholeU8`] needs.
    #[inline(always)]
    pub(crate) fn whole<S: Simd>(self, s: S) -> WholeU8<S> {
        WholeU8 { zero: s.splat_i16((self.zero + BIAS) as i16) }
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
    /// The bytes of a block.
    fn finish(self, s: S, v: [S::I16; 2]) -> S::I8;
}

/// For a grid that [saturates](Grid::saturates).
#[derive(Clone, Copy)]
pub(crate) struct Saturated;

impl<S: Simd> Finish<S> for Saturated {
    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8(a, b)
    }
}

/// For a grid that is [centred](Grid::is_centred).
#[derive(Clone, Copy)]
pub(crate) struct Centred<S: Simd> {
    min: S::I8,
    max: S::I8,
}

impl<S: Simd> Finish<S> for Centred<S> {
    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.min_i8(s.max_i8(s.narrow8(a, b), self.min), self.max)
    }
}

/// For a grid that is a [whole `u8`](Grid::is_whole_u8).
#[derive(Clone, Copy)]
pub(crate) struct WholeU8<S: Simd> {
    zero: S::I16,
}

impl<S: Simd> Finish<S> for WholeU8<S> {
    #[inline(always)]
    fn finish(self, s: S, [a, b]: [S::I16; 2]) -> S::I8 {
        s.narrow8_unsigned(s.add_i16(a, self.zero), s.add_i16(b, self.zero))
    }
}

/// For any grid.
#[derive(Clone, Copy)]
pub(crate) struct Shifted<S: Simd> {
    zero: S::I16,
    limited: Limited<S>,
}

impl<S: Simd> Finish<S> for Shifted<S> {
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
