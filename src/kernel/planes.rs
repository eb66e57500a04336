//! Channels that are slices: a tensor of planes [channels, inner], one scale a channel.

use super::abs_max::abs_max;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::min_max::min_max;
use super::quantize::known_row_without_nan;
use super::quantized::Quantized;
use crate::QuantParams;
use crate::limits::Limits;
use crate::simd::{Kernel, Simd, Value};

/// Widens each channel's limits to its slices in the planes of `x`.
pub(crate) struct PlaneLimits<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) inner: usize,
    /// Whether only magnitudes matter.
    pub(crate) symmetric: bool,
    pub(crate) limits: &'a mut [Limits],
}

impl<T: Value> Kernel for PlaneLimits<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, inner, symmetric, limits } = self;
        for plane in x.chunks_exact(inner * limits.len()) {
            for (slice, limits) in plane.chunks_exact(inner).zip(&mut *limits) {
                let seen = if symmetric {
                    let bits = abs_max::<S, T, false>(s, slice, Traffic::CACHED);
                    Limits::symmetric(T::from_magnitude_bits(bits))
                } else {
                    min_max(s, slice, Traffic::CACHED)
                };
                *limits = limits.merge(seen);
            }
        }
    }
}

/// Quantizes the planes of `x` with parameters that came from them.
pub(crate) struct QuantizePlanes<'a, T> {
    pub(crate) x: &'a [T],
    /// Not 0.
    pub(crate) inner: usize,
    /// One for each channel.
    pub(crate) params: &'a [QuantParams],
    /// Whether `q` are the bits of [`u8`].
    pub(crate) unsigned: bool,
    pub(crate) q: &'a mut [i8],
}

impl<T: Value> Kernel for QuantizePlanes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, inner, params, unsigned, q } = self;
        let plane = inner * params.len();
        for (x, q) in x.chunks_exact(plane).zip(q.chunks_exact_mut(plane)) {
            let slices = x.chunks_exact(inner).zip(q.chunks_exact_mut(inner));
            for ((x, q), &params) in slices.zip(params) {
                known_row_without_nan(s, x, params, unsigned, q);
            }
        }
    }
}

/// Dequantizes planes of channels.
pub(crate) struct DequantizePlanes<'a, T> {
    /// A set is a channel.
    pub(crate) from: Quantized<'a>,
    /// Not 0.
    pub(crate) inner: usize,
    pub(crate) x: &'a mut [T],
}

impl<T: Value> Kernel for DequantizePlanes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { from, inner, x } = self;
        let Quantized { q, unsigned, scales, .. } = from;
        let plane = inner * scales.len();
        for (q, x) in q.chunks_exact(plane).zip(x.chunks_exact_mut(plane)) {
            let slices = q.chunks_exact(inner).zip(x.chunks_exact_mut(inner));
            for (channel, ((q, x), &scale)) in slices.zip(scales).enumerate() {
                let (zero_point, traffic) = (from.zero_point(channel), Traffic::CACHED);
                Dequantize { q, unsigned, scale, zero_point, traffic, x }.eval(s);
            }
        }
    }
}
