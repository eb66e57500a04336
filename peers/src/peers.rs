//! Other crates, called as their users call them.

use std::mem::MaybeUninit;

use anyhow::ensure;
use candle_core::quantized::GgmlType as _;
use candle_core::quantized::k_quants::BlockQ8_0;
use rten_simd::SimdOp as _;

/// rten's smallest and largest value.
pub(crate) fn rten_min_max(x: &[f32]) -> (f32, f32) {
    rten_vecmath::MinMax::new(x).dispatch()
}

/// rten's f32 -> u8, with the zero point in the middle.
pub(crate) fn rten_quantize<'a>(
    x: &[f32],
    scale: f32,
    q: &'a mut [MaybeUninit<u8>],
) -> &'a mut [u8] {
    rten_affine(x, scale, ZERO, q)
}

/// rten's f32 -> u8.
pub(crate) fn rten_affine<'a>(
    x: &[f32],
    scale: f32,
    zero_point: u8,
    q: &'a mut [MaybeUninit<u8>],
) -> &'a mut [u8] {
    rten_vecmath::Quantize::new(x, q, 1.0 / scale, zero_point).dispatch()
}

/// The zero point that turns the symmetric range into u8.
const ZERO: u8 = 128;

/// rten's u8 as the integer that it stands for.
pub(crate) fn rten_value(q: u8) -> i32 {
    i32::from(q) - i32::from(ZERO)
}

/// candle's f32 -> Q8_0.
pub(crate) fn candle_quantize(x: &[f32], blocks: &mut [BlockQ8_0]) {
    BlockQ8_0::from_float(x, blocks);
}

/// candle's Q8_0 -> f32.
pub(crate) fn candle_dequantize(blocks: &[BlockQ8_0], x: &mut [f32]) {
    BlockQ8_0::to_float(blocks, x);
}

/// `x` as candle's Q8_0, which has a scale in f16 for every 32 values. The blocks are checked: the
/// values that they restore are within a step of the block from what they were.
pub(crate) fn candle_blocks(x: &[f32]) -> anyhow::Result<Vec<BlockQ8_0>> {
    let mut blocks = vec![BlockQ8_0::zeros(); x.len() / BlockQ8_0::BLCK_SIZE];
    let mut restored = vec![0.0; x.len()];
    candle_quantize(x, &mut blocks);
    candle_dequantize(&blocks, &mut restored);
    let pairs = x.chunks(BlockQ8_0::BLCK_SIZE).zip(restored.chunks(BlockQ8_0::BLCK_SIZE));
    for (i, (x, restored)) in pairs.enumerate() {
        let step = absmax::reference::abs_max(x) / 127.0;
        let near = x.iter().zip(restored).all(|(x, restored)| (x - restored).abs() <= step);
        ensure!(near, "candle-core: block {i} is wrong");
    }
    Ok(blocks)
}
