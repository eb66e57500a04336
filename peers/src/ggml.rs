//! A loop that makes blocks q8_0, written by hand with intrinsics, in the arithmetic of ggml's kernel
//! for AVX: block by block, with the largest magnitude found across lanes.

use std::arch::x86_64::*;

use bytemuck::must_cast as cast;

/// Whether the CPU has what the loop takes.
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("f16c")
}

/// Makes blocks with AVX2. Does nothing if the CPU has no AVX2. If `ROUND`, numbers are rounded before
/// they are converted, as ggml's kernel does. The conversion rounds the same way, so that changes
/// nothing but the time.
pub(crate) fn avx2_q8_0<const ROUND: bool>(x: &[f32], blocks: &mut [[u8; 34]]) {
    if is_available() {
        // SAFETY: the CPU has these features.
        #[allow(unsafe_code)]
        unsafe {
            make::<ROUND>(x, blocks);
        }
    }
}

#[target_feature(enable = "avx2,f16c")]
fn make<const ROUND: bool>(x: &[f32], blocks: &mut [[u8; 34]]) {
    let magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(i32::MAX));
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (x, block) in x.as_chunks::<32>().0.iter().zip(blocks) {
        let v: [__m256; 4] = cast(*x);
        let [a, b, c, d] = v.map(|v| _mm256_and_ps(v, magnitude));
        let eight = _mm256_max_ps(_mm256_max_ps(a, b), _mm256_max_ps(c, d));
        let four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
        let max = _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)));
        let multiplier = _mm256_set1_ps(if max == 0.0 { 0.0 } else { 127.0 / max });
        let lane = |v| {
            let v = _mm256_mul_ps(v, multiplier);
            _mm256_cvtps_epi32(if ROUND { _mm256_round_ps::<0>(v) } else { v })
        };
        let low = _mm256_packs_epi32(lane(v[0]), lane(v[1]));
        let high = _mm256_packs_epi32(lane(v[2]), lane(v[3]));
        let bytes = _mm256_packs_epi16(low, high);
        let scale: [u16; 8] = cast(_mm_cvtps_ph::<0>(_mm_set_ss(max / 127.0)));
        block[..2].copy_from_slice(&scale[0].to_le_bytes());
        let q: [u8; 32] = cast(_mm256_permutevar8x32_epi32(bytes, order));
        block[2..].copy_from_slice(&q);
    }
}
