//! Compares what is computed by other programs' arithmetic: `ByArithmetic::quantize_rows` and
//! the blocks of ggml.

use absmax::{Arithmetic, Scheme};

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Quantized};
use crate::inputs::{Blocks, Byte, Input};

impl Board {
    /// Compares what every subject makes of a matrix without gaps by an arithmetic, or its error.
    pub fn quantize_rows_by<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        shape: [usize; 2],
        scheme: Scheme,
        arithmetic: Arithmetic,
    ) {
        let expected = expected::quantize_rows_by::<T, Q>(x, shape, scheme, arithmetic);
        let parameters = || format!("shape {shape:?}, {scheme:?}, {arithmetic:?}");
        let scene = Scene { kernel: Kernel::QuantizeRowsBy, x, parameters: &parameters };
        let count = expected::set_count(&shape, scheme);
        let zero_points = if expected::is_symmetric(scheme) { 0 } else { count };
        self.own_scale(
            &scene,
            [x.len(), count, zero_points],
            &expected,
            &|subject, q, scales, zero_points| {
                subject.quantize_rows_by(x, shape, scheme, arithmetic, (q, scales, zero_points))
            },
        );
    }

    /// Compares the blocks that every subject makes of some values, or its error.
    pub fn blocks<T: Input>(&mut self, x: &Placed<T>, blocks: Blocks, arithmetic: Arithmetic) {
        let expected = expected::blocks(x, blocks, arithmetic);
        let expected = expected.map(|q| Quantized { q, ..Quantized::default() });
        let parameters = || format!("{blocks:?}, {arithmetic:?}");
        let kernel = match blocks {
            Blocks::Q8_0 => Kernel::QuantizeQ8_0,
            Blocks::Q8_1 => Kernel::QuantizeQ8_1,
            Blocks::Q8K => Kernel::QuantizeQ8K,
        };
        let scene = Scene { kernel, x, parameters: &parameters };
        let bytes = x.len() / blocks.values() * blocks.bytes();
        self.own_scale(&scene, [bytes, 0, 0], &expected, &|subject, bytes: &mut [u8], _, _| {
            subject.blocks(x, blocks, arithmetic, bytes)
        });
    }
}
