//! x' = q * scale: one multiplication, one rounding.

use super::blocks::{Map, Traffic, map};
use crate::simd::{BLOCK, Kernel, LANES, Simd};

/// Dequantizes `q` into `x`, which have the same length.
pub(crate) struct Dequantize<'a> {
    pub(crate) q: &'a [i8],
    pub(crate) scale: f32,
    pub(crate) traffic: Traffic,
    pub(crate) x: &'a mut [f32],
}

impl Kernel for Dequantize<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        map(s, &mut ByScale::<S>(s.splat(self.scale)), self.q, self.x, self.traffic);
    }
}

struct ByScale<S: Simd>(S::F32);

impl<S: Simd> Map<S> for ByScale<S> {
    type In = i8;
    type Out = f32;

    #[inline(always)]
    fn blocks<const N: usize, const STREAM: bool>(
        &mut self,
        s: S,
        src: &[[i8; BLOCK]; N],
        dst: &mut [[f32; BLOCK]; N],
    ) {
        for (q, x) in src.iter().zip(dst) {
            let q: &[[i8; LANES]; 4] = bytemuck::must_cast_ref(q);
            let x: &mut [[f32; LANES]; 4] = bytemuck::must_cast_mut(x);
            for (q, x) in q.iter().zip(x) {
                let v = s.mul(s.load_i8(q), self.0);
                if STREAM { s.stream_f32(x, v) } else { s.store_f32(x, v) }
            }
        }
    }
}
