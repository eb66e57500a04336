//! Activations that are quantized by parameters that were found beforehand: a scale and a zero point for
//! each channel, from what an observer saw while the model was calibrated.
//!
//! What is beyond the calibrated range saturates. The scales are stored as binary16 and the zero points
//! as bytes, as they would stand in a file.
//!
//!     cargo run --release --example static_activations

use absmax::{Backend, Observer, Params, QuantizedMut, Rows, RowsMut, ScaleType, Scheme};
use half::f16;

const CHANNELS: usize = 6;
const BATCH: usize = 50;

/// A batch of activations [BATCH, CHANNELS]: every channel has its own range.
fn batch(seed: usize) -> Vec<f32> {
    let value = |i: usize| {
        let (row, channel) = (i / CHANNELS, i % CHANNELS);
        let wave = ((row * 7 + channel * 3 + seed) as f32).sin();
        (wave + 0.5) * f32::powi(4.0, channel as i32 - 3)
    };
    (0..BATCH * CHANNELS).map(value).collect()
}

fn main() -> absmax::Result<()> {
    let backend = Backend::best();
    let scheme = Scheme::uint8().with_scale_type(ScaleType::F16);

    // Calibration: an observer for each channel sees the batches.
    let mut observers = vec![Observer::min_max(); CHANNELS];
    for seed in 0..8 {
        let x = batch(seed);
        for (channel, observer) in observers.iter_mut().enumerate() {
            let column: Vec<f32> = x.iter().skip(channel).step_by(CHANNELS).copied().collect();
            backend.observe(observer, &column)?;
        }
    }
    let (mut scales, mut zero_points) = (Vec::new(), Vec::new());
    for observer in &observers {
        let params = observer.params(scheme)?;
        scales.push(f16::from_f32(params.scale()));
        zero_points.push(params.zero_point() as u8);
    }

    // The model runs: the parameters are given, and nothing is computed from the values.
    let mut x = batch(100);
    x[0] = 1e30;
    let per_channel = scheme.per_channel(1);
    let params = Params::new(&scales).with_zero_points(&zero_points);
    let mut q = vec![0u8; x.len()];
    let out = QuantizedMut::new(RowsMut::new(&mut q, BATCH, CHANNELS)?);
    backend.quantize_rows_with(per_channel, Rows::new(&x, BATCH, CHANNELS)?, params, out)?;

    let mut y = vec![0.0f32; x.len()];
    let from = Rows::new(&q, BATCH, CHANNELS)?;
    backend.dequantize_rows(per_channel, from, params, RowsMut::new(&mut y, BATCH, CHANNELS)?)?;
    for channel in 0..CHANNELS {
        let scale = scales[channel].to_f32();
        let column = (channel..x.len()).step_by(CHANNELS).skip(1);
        let largest = column.map(|i| (x[i] - y[i]).abs()).max_by(f32::total_cmp).unwrap_or(0.0);
        let zero_point = zero_points[channel];
        println!(
            "channel {channel}: scale {scale:.6}, zero point {zero_point}, largest error {largest:.6}"
        );
        assert!(largest <= scale);
    }
    assert_eq!(q[0], 255, "what is beyond the range saturates");
    Ok(())
}
