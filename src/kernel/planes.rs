//! Channels that are slices of a tensor. The tensor is a sequence of planes [channels, inner], and
//! each channel has one scale.
//!
//! The slices are left to the kernels of slices, which are called and not inlined: a call costs less
//! than a slice, and inlined the kernels made up a tenth of the machine code of this crate.

use super::abs_max::AbsMax;
use super::blocks::Traffic;
use super::dequantize::Dequantize;
use super::min_max::MinMax;
use super::quantize::Quantize;
use crate::QuantParams;
use crate::limits::Limits;
use crate::set_params::Params;
use crate::simd::{Kernel, Simd, Value};

/// Widens the limits of each channel to include its slices in the planes of `x`.
pub(crate) struct PlaneLimits<'a, T> {
    pub(crate) x: &'a [T],
    /// The number of values of a slice, not 0.
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
                let (x, traffic) = (slice, Traffic::CACHED);
                let seen = if symmetric {
                    Limits::symmetric(T::from_magnitude_bits(s.run(AbsMax { x, traffic })))
                } else {
                    s.run(MinMax { x, traffic })
                };
                *limits = limits.merge(seen);
            }
        }
    }
}

/// Quantizes the planes of `x`.
pub(crate) struct QuantizePlanes<'a, T> {
    pub(crate) x: &'a [T],
    /// The number of values of a slice, not 0.
    pub(crate) inner: usize,
    /// The parameters of each channel.
    pub(crate) params: &'a [QuantParams],
    /// Whether the parameters were computed from finite values that include these.
    pub(crate) known: bool,
    /// Whether `q` holds the bits of [`u8`].
    pub(crate) unsigned: bool,
    pub(crate) q: &'a mut [i8],
    /// What the sum of the integers of each channel is added to, or nothing.
    pub(crate) sums: &'a mut [i32],
}

impl<T: Value> Kernel for QuantizePlanes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { x, inner, params, known, unsigned, q, sums } = self;
        let (plane, sum) = (inner * params.len(), !sums.is_empty());
        for (x, q) in x.chunks_exact(plane).zip(q.chunks_exact_mut(plane)) {
            let slices = x.chunks_exact(inner).zip(q.chunks_exact_mut(inner));
            for (channel, ((x, q), &params)) in slices.zip(params).enumerate() {
                let traffic = Traffic::CACHED;
                let sum = s.run(Quantize { x, params, known, traffic, unsigned, sum, q });
                if let Some(total) = sums.get_mut(channel) {
                    *total = total.wrapping_add(sum);
                }
            }
        }
    }
}

/// Dequantizes planes of channels.
pub(crate) struct DequantizePlanes<'a, T> {
    /// The bits of the integers.
    pub(crate) q: &'a [i8],
    /// Whether the bits are those of [`u8`].
    pub(crate) unsigned: bool,
    /// The parameters of each channel.
    pub(crate) params: Params<'a>,
    /// The number of values of a slice, not 0.
    pub(crate) inner: usize,
    pub(crate) x: &'a mut [T],
}

impl<T: Value> Kernel for DequantizePlanes<'_, T> {
    type Output = ();

    #[inline(always)]
    fn eval<S: Simd>(self, s: S) {
        let Self { q, unsigned, params, inner, x } = self;
        let plane = inner * params.len();
        for (q, x) in q.chunks_exact(plane).zip(x.chunks_exact_mut(plane)) {
            let slices = q.chunks_exact(inner).zip(x.chunks_exact_mut(inner));
            for (channel, (q, x)) in slices.enumerate() {
                let ((scale, zero_point), traffic) = (params.get(channel), Traffic::CACHED);
                s.run(Dequantize { q, unsigned, scale, zero_point, traffic, x });
            }
        }
    }
}
