//! Quantizes and dequantizes in one pass: x' = dequantize(quantize(x)).
//!
//! The result is x' = v * scale, where v = q - zero_point is computed as
//!
//! v = clamp(round_half_even(x / scale), qmin - zero_point, qmax - zero_point).

use core::marker::PhantomData;

use super::blocks::{Map, Traffic, map, map_as, map_in_place};
use super::divide::{ByProduct, Divide, StepByStep};
use crate::QuantParams;
use crate::simd::{BLOCK, Kernel, LANES, Simd, Value};

/// Quantizes and dequantizes `x` into `y`, which have the same length.
pub struct FakeQuantize<'a, T> {
    pub(crate) x: &'a [T],
    pub(crate) params: QuantParams,
    pub(crate) traffic: Traffic,
    pub(crate) y: &'a mut [T],
}

impl<T: Value> Kernel for FakeQuantize<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, params, traffic, y } = self;
        let scale = s.splat(params.scale());
        match params.reciprocal() {
            Some(r) => {
                let divide = ByProduct::new(s, params, r);
                map(s, &mut ThereAndBack { divide, scale, element: PhantomData }, x, y, traffic);
            }
            None => {
                let divide = StepByStep::new(s, params);
                let mut map = ThereAndBack { divide, scale, element: PhantomData };
                map_as::<S, _, false>(s, &mut map, x, y, traffic);
            }
        }
    }
}

/// Quantizes and dequantizes `x` in place.
pub(crate) struct FakeQuantizeInPlace<'a, T> {
    pub(crate) x: &'a mut [T],
    pub(crate) params: QuantParams,
}

impl<T: Value> Kernel for FakeQuantizeInPlace<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, params } = self;
        let scale = s.splat(params.scale());
        match params.reciprocal() {
            Some(r) => {
                let divide = ByProduct::new(s, params, r);
                map_in_place(s, &mut ThereAndBack { divide, scale, element: PhantomData }, x);
            }
            None => {
                let divide = StepByStep::new(s, params);
                map_in_place(s, &mut ThereAndBack { divide, scale, element: PhantomData }, x);
            }
        }
    }
}

struct ThereAndBack<S: Simd, D, T> {
    divide: D,
    scale: S::F32,
    element: PhantomData<T>,
}

impl<S: Simd, D: Divide<S>, T: Value> Map<S> for ThereAndBack<S, D, T> {
    type In = T;
    type Out = T;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[T; BLOCK]; N],
        dst: &mut [[T; BLOCK]; N],
    ) {
        for (x, y) in src.iter().zip(dst) {
            let x: &[[T; LANES]; 4] = bytemuck::must_cast_ref(x);
            let y: &mut [[T; LANES]; 4] = bytemuck::must_cast_mut(y);
            for (x, y) in x.iter().zip(y) {
                let v = s.round(self.divide.quotient(s, T::load(s, x)));
                let v = s.mul(s.to_f32(v), self.scale);
                if STREAM { T::stream(s, y, v) } else { T::store(s, y, v) }
            }
        }
    }
}
