//! Loops that quantize exactly by the CPU's vector division, written by hand with intrinsics, as
//! one would write them to get the right bits. They turn NaN into 0, clip, convert, and pack with
//! saturation.

use std::arch::x86_64::*;

use bytemuck::must_cast as cast;
use pulp::x86::{V3, V4};

/// Quantizes with AVX2, by `vdivps` on eight lanes. Does nothing if the CPU has no AVX2.
pub(crate) fn avx2(x: &[f32], scale: f32, q: &mut [i8]) {
    struct Loop<'a>(V3, &'a [f32], f32, &'a mut [i8]);
    impl pulp::NullaryFnOnce for Loop<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(v3, x, scale, q) = self;
            let (avx, avx2) = (v3.avx, v3.avx2);
            let splat = |x| avx._mm256_set1_ps(x);
            let (s, lo, hi) = (splat(scale), splat(-127.0), splat(127.0));
            let order = avx._mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
            let (xs, tail) = x.as_chunks::<32>();
            let (qs, q_tail) = q.as_chunks_mut::<32>();
            for (x, q) in xs.iter().zip(qs) {
                let v: [__m256; 4] = cast(*x);
                let lane = |v| {
                    let v = avx._mm256_div_ps(v, s);
                    let v = avx._mm256_and_ps(v, avx._mm256_cmp_ps::<_CMP_ORD_Q>(v, v));
                    avx._mm256_cvtps_epi32(avx._mm256_min_ps(avx._mm256_max_ps(v, lo), hi))
                };
                let low = avx2._mm256_packs_epi32(lane(v[0]), lane(v[1]));
                let high = avx2._mm256_packs_epi32(lane(v[2]), lane(v[3]));
                let bytes = avx2._mm256_packs_epi16(low, high);
                *q = cast(avx2._mm256_permutevar8x32_epi32(bytes, order));
            }
            crate::loops::divide(tail, scale, q_tail);
        }
    }
    if let Some(v3) = V3::try_new() {
        v3.vectorize(Loop(v3, x, scale, q));
    }
}

/// Quantizes with AVX-512, by `vdivps` on sixteen lanes. Does nothing if the CPU has no AVX-512.
pub(crate) fn avx512(x: &[f32], scale: f32, q: &mut [i8]) {
    struct Loop<'a>(V4, &'a [f32], f32, &'a mut [i8]);
    impl pulp::NullaryFnOnce for Loop<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(v4, x, scale, q) = self;
            let (f, bw) = (v4.avx512f, v4.avx512bw);
            let splat = |x| f._mm512_set1_ps(x);
            let (s, lo, hi) = (splat(scale), splat(-127.0), splat(127.0));
            let order = f._mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
            let (xs, tail) = x.as_chunks::<64>();
            let (qs, q_tail) = q.as_chunks_mut::<64>();
            for (x, q) in xs.iter().zip(qs) {
                let v: [__m512; 4] = cast(*x);
                let lane = |v| {
                    let v = f._mm512_div_ps(v, s);
                    let ordered = f._mm512_cmp_ps_mask::<_CMP_ORD_Q>(v, v);
                    f._mm512_cvtps_epi32(f._mm512_min_ps(f._mm512_maskz_max_ps(ordered, v, lo), hi))
                };
                let low = bw._mm512_packs_epi32(lane(v[0]), lane(v[1]));
                let high = bw._mm512_packs_epi32(lane(v[2]), lane(v[3]));
                *q = cast(f._mm512_permutexvar_epi32(order, bw._mm512_packs_epi16(low, high)));
            }
            crate::loops::divide(tail, scale, q_tail);
        }
    }
    if let Some(v4) = V4::try_new() {
        v4.vectorize(Loop(v4, x, scale, q));
    }
}

/// Quantizes groups of 32 values with AVX-512, each by its own scale. Does nothing if the CPU has
/// no AVX-512.
pub(crate) fn avx512_groups(x: &[f32], q: &mut [i8], scales: &mut [f32]) {
    struct Loop<'a>(V4, &'a [f32], &'a mut [i8], &'a mut [f32]);
    impl pulp::NullaryFnOnce for Loop<'_> {
        type Output = ();

        #[inline(always)]
        fn call(self) {
            let Self(v4, x, q, scales) = self;
            let f = v4.avx512f;
            let (xs, qs) = (x.as_chunks::<32>().0, q.as_chunks_mut::<32>().0);
            for ((x, q), scale) in xs.iter().zip(qs).zip(scales) {
                let [a, b]: [__m512; 2] = cast(*x);
                let top = f._mm512_max_ps(f._mm512_abs_ps(a), f._mm512_abs_ps(b));
                let top = f._mm512_reduce_max_ps(top);
                *scale = if top == 0.0 { 1.0 } else { top / 127.0 };
                let s = f._mm512_set1_ps(*scale);
                let narrow =
                    |v| f._mm512_cvtsepi32_epi8(f._mm512_cvtps_epi32(f._mm512_div_ps(v, s)));
                *q = cast([narrow(a), narrow(b)]);
            }
        }
    }
    if let Some(v4) = V4::try_new() {
        v4.vectorize(Loop(v4, x, q, scales));
    }
}
