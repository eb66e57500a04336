//! Activations that are quantized while a model runs: one scale for each token, from its values.
//!
//! The activations are bfloat16, and stand where an engine has them: in the middle third of the output
//! of a fused projection (queries, keys and values side by side). The integers go to a buffer whose rows
//! are padded to 32, as the operand of an int8 product wants them.
//!
//!     cargo run --release --example dynamic_activations

use absmax::{Backend, QuantizedMut, Rows, RowsMut, Scheme};
use half::bf16;

const TOKENS: usize = 4;
const WIDTH: usize = 80;
const PADDED: usize = 96;

fn main() -> absmax::Result<()> {
    // The output of a fused projection: a row for each token, its queries, keys and values in it.
    let fused: Vec<bf16> = (0..TOKENS * 3 * WIDTH)
        .map(|i| bf16::from_f32((i as f32 * 0.37).sin() * (1 + i / (3 * WIDTH)) as f32))
        .collect();

    // The keys begin after the queries of the first token; the next token's are a whole row further on.
    let keys = Rows::strided(&fused[WIDTH..], TOKENS, WIDTH, 3 * WIDTH)?;
    let mut q = vec![0i8; TOKENS * PADDED];
    let mut scales = [0.0f32; TOKENS];
    let out = QuantizedMut::new(RowsMut::strided(&mut q, TOKENS, WIDTH, PADDED)?)
        .with_scales(&mut scales);

    // A backend is found once and kept. An engine that has threads of its own asks for one here.
    let backend = Backend::best().with_threads(1);
    backend.quantize_rows(Scheme::int8().per_channel(0), keys, out)?;

    for (token, (scale, q)) in scales.iter().zip(q.chunks(PADDED)).enumerate() {
        let x: Vec<f32> = keys.get(token).unwrap_or(&[]).iter().map(|x| x.to_f32()).collect();
        let errors = x.iter().zip(q).map(|(x, &q)| (x - f32::from(q) * scale).abs());
        let largest = errors.max_by(f32::total_cmp).unwrap_or(0.0);
        println!("token {token}: scale {scale:.6}, largest error {:.3} of a step", largest / scale);
        // Half a step, and what a binary32 quotient is rounded by.
        assert!(largest <= scale * 0.50001);
        assert!(q[WIDTH..].iter().all(|&q| q == 0), "the padding was written to");
    }
    Ok(())
}
