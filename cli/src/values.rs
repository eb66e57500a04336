//! `absmax values` quantizes a few numbers and prints them as JSON.

use absmax::{QuantParams, dequantize_into, quantize};
use anyhow::Result;
use serde::Serialize;
use serde_json::Number;

use crate::console::Console;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The values
    #[arg(required = true, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) values: Vec<f32>,
}

#[derive(Serialize)]
struct Quantized {
    quantized: Vec<i8>,
    scale: Option<Number>,
    dequantized: Vec<Option<Number>>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (quantized, scale) = quantize(&args.values)?;
    let mut dequantized = vec![0.0; quantized.len()];
    dequantize_into(&quantized, QuantParams::symmetric(scale)?, &mut dequantized)?;
    let result = Quantized {
        quantized,
        scale: rounded(scale, 6),
        dequantized: dequantized.into_iter().map(|x| rounded(x, 4)).collect(),
    };
    Console::new().print(&serde_json::to_string(&result)?)
}

/// Rounds `x` to so many decimals, or to more where these would be fewer than four significant
/// digits, without zeros at the end.
fn rounded(x: f32, decimals: usize) -> Option<Number> {
    // The logarithm of zero is so low that it would ask for all decimals that there are.
    let magnitude = if x == 0.0 { 0 } else { f64::from(x).abs().log10().floor() as i32 };
    let decimals = decimals.max((3 - magnitude).max(0) as usize);
    let text = format!("{x:.decimals$}");
    let digits = text.trim_end_matches('0').trim_end_matches('.');
    serde_json::from_str(if digits == "-0" { "0" } else { digits }).ok()
}
