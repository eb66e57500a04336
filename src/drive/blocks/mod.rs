//! Quantizes to the blocks of ggml. The values of a block are quantized as a row is, in a buffer that
//! stays in the cache, and laid out with their scale. Most blocks q8_0 have a kernel that does both.

mod block;
mod piece;
mod q8_0;
mod q8_1;
mod q8_k;
mod rows;

pub(crate) use rows::{quantize_q8_0, quantize_q8_1, quantize_q8_k};
