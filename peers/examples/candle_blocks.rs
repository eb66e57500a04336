//! What candle makes of rows: f32 from standard input, little-endian, to the bytes of candle's blocks.
//!
//!     cargo run --release -p absmax-peers --example candle_blocks -- q8_0 | q8_1 | q8_K
//!
//! `scripts/check-engines` compares them with absmax's.

use std::io::{Read as _, Write as _, stdin, stdout};

use anyhow::{Context as _, bail};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

fn main() -> anyhow::Result<()> {
    let form = std::env::args().nth(1).context("name a form: q8_0, q8_1 or q8_K")?;
    let blocks = match form.as_str() {
        "q8_0" => GgmlDType::Q8_0,
        "q8_1" => GgmlDType::Q8_1,
        "q8_K" => GgmlDType::Q8K,
        _ => bail!("{form} is none of the forms: q8_0, q8_1, q8_K"),
    };
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes)?;
    let (values, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        bail!("{} bytes are no whole number of f32", bytes.len());
    }
    let values = values.iter().map(|&value| f32::from_le_bytes(value)).collect::<Vec<_>>();
    let tensor = Tensor::new(values, &Device::Cpu)?;
    Ok(stdout().write_all(&QTensor::quantize(&tensor, blocks)?.data()?)?)
}
