//! Dequantizes values that share a scale: x' = (q - zero_point) * scale. The product is rounded
//! once, and once more if the type of x' is narrower than binary32.

use core::marker::PhantomData;

use super::blocks::{Map, Traffic, map};
use super::quantized::{OfIntegers, of_integers};
use crate::Integer;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// Dequantizes `q` into `x`, which have the same length.
pub struct Dequantize<'a, T> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether the bits are those of [`u8`].
    pub(crate) unsigned: bool,
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
    pub(crate) traffic: Traffic,
    pub(crate) x: &'a mut [T],
}

impl<T: Value> Kernel for Dequantize<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        of_integers(s, self.unsigned, self);
    }
}

impl<T: Value> OfIntegers for Dequantize<'_, T> {
    #[inline(always)]
    fn eval_of<S: Simd, Q: Integer>(self, s: S) {
        if self.zero_point == 0 {
            self.by_scale::<S, Q, false>(s);
        } else {
            self.by_scale::<S, Q, true>(s);
        }
    }
}

impl<T: Value> Dequantize<'_, T> {
    #[inline(always)]
    fn by_scale<S: Simd, Q: Integer, const SHIFTED: bool>(self, s: S) {
        let Self { q, scale, zero_point, traffic, x, .. } = self;
        let (scale, less) = (s.splat(scale), s.splat(-zero_point as f32));
        let mut by_scale = ByScale::<S, Q, T, SHIFTED> { scale, less, types: PhantomData };
        map(s, &mut by_scale, bytemuck::must_cast_slice(q), x, traffic);
    }
}

/// The product with the scale, after a zero point was subtracted if `SHIFTED`.
struct ByScale<S: Simd, Q, T, const SHIFTED: bool> {
    scale: S::F32,
    /// The negated zero point. Adding it to another small integer is exact.
    less: S::F32,
    types: PhantomData<(Q, T)>,
}

impl<S: Simd, Q: Integer, T: Value, const SHIFTED: bool> Map<S> for ByScale<S, Q, T, SHIFTED> {
    type In = Q;
    type Out = T;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[Q; BLOCK]; N],
        dst: &mut [[T; BLOCK]; N],
    ) {
        for (q, x) in src.iter().zip(dst) {
            let q: &[[Q; LANES]; 4] = bytemuck::must_cast_ref(q);
            let x: &mut [[T; LANES]; 4] = bytemuck::must_cast_mut(x);
            for (q, x) in q.iter().zip(x) {
                let q = Q::load(s, q);
                let q = if SHIFTED { s.add(q, self.less) } else { q };
                let v = s.mul(q, self.scale);
                if STREAM { T::stream(s, x, v) } else { T::store(s, x, v) }
            }
        }
    }
}
