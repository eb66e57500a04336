//! Channels that are slices: a tensor of planes [channels, inner], one scale a channel.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::quantize::Quantize;
use crate::simd::{Kernel, Simd};
use crate::{Element, QuantParams};

/// Raises each channel's abs-max, in binary32 bits, to that of its slices in the planes of `x`.
pub struct PlanePeaks<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) inner: usize,
    pub(crate) peaks: &'a mut [u32],
}

impl<T: Element> Kernel for PlanePeaks<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, inner, peaks } = self;
        for plane in x.chunks_exact(inner * peaks.len()) {
            for (slice, peak) in plane.chunks_exact(inner).zip(&mut *peaks) {
                let abs_max =
                    T::from_magnitude_bits(abs_max::<S, T, false>(s, slice, Traffic::CACHED));
                *peak = abs_max.to_bits().max(*peak);
            }
        }
    }
}

/// Quantizes the planes of `x` with scales that came from them.
pub struct QuantizePlanes<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) inner: usize,
    pub(crate) params: &'a [QuantParams],
    pub(crate) q: &'a mut [i8],
}

impl<T: Element> Kernel for QuantizePlanes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, inner, params, q } = self;
        let plane = inner * params.len();
        for (x, q) in x.chunks_exact(plane).zip(q.chunks_exact_mut(plane)) {
            let slices = x.chunks_exact(inner).zip(q.chunks_exact_mut(inner));
            for ((x, q), &params) in slices.zip(params) {
                Quantize { x, params, known: true, traffic: Traffic::CACHED, q }.eval(s);
            }
        }
    }
}

/// Dequantizes planes of channels.
pub(crate) struct DequantizePlanes<'a> {
    pub(crate) q: &'a [i8],
    /// Not 0.
    pub(crate) inner: usize,
    pub(crate) scales: &'a [f32],
    pub(crate) x: &'a mut [f32],
}

impl Kernel for DequantizePlanes<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { q, inner, scales, x } = self;
        let plane = inner * scales.len();
        for (q, x) in q.chunks_exact(plane).zip(x.chunks_exact_mut(plane)) {
            if inner == 1 {
                // Plain Rust: one product a value, which the compiler makes vectors of.
                for ((q, x), scale) in q.iter().zip(x).zip(scales) {
                    *x = f32::from(*q) * scale;
                }
                continue;
            }
            let slices = q.chunks_exact(inner).zip(x.chunks_exact_mut(inner));
            for ((q, x), &scale) in slices.zip(scales) {
                Dequantize { q, scale, traffic: Traffic::CACHED, x }.eval(s);
            }
        }
    }
}
