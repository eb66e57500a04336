//! Compares `dequantize_into`, `dequantize_rows` and `dequantize_tensor_into`.

use absmax::{QuantParams, Scheme};

use super::mismatch::Scene;
use super::with_params::text;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input, Matrix, Stored};

impl Board {
    /// Compares every subject's products of `q` and the scale with the expected ones.
    pub fn dequantize_into<Q: Byte, T: Input>(
        &mut self,
        q: &Placed<Q>,
        params: QuantParams,
        expected: &[T],
    ) {
        let parameters = || format!("{}, to {}", text(params), T::TYPE);
        let scene = Scene { kernel: Kernel::DequantizeInto, x: q, parameters: &parameters };
        self.written(&scene, expected, &Some, &|subject, x| subject.dequantize_into(q, params, x));
    }

    /// Compares every subject's products of `q` and the scale with what the reference says, which
    /// is computed here.
    pub fn dequantize<Q: Byte, T: Input>(&mut self, q: &Placed<Q>, params: QuantParams) {
        self.dequantize_into::<Q, T>(q, params, &expected::dequantize(q, params));
    }

    /// Compares what every subject makes of a whole tensor with the expected values.
    pub fn dequantize_tensor<Q: Byte, T: Input>(
        &mut self,
        quantized: &Quantized<Q>,
        shape: &[usize],
        scheme: Scheme,
        expected: &[T],
    ) {
        let tensor = quantized.clone().into_tensor(shape, scheme);
        // The tensor owns its values, so their place in memory cannot be chosen.
        let q = Placed::new(&quantized.q, 0, Q::UNTOUCHED);
        let parameters = || format!("shape {shape:?}, {scheme:?}, to {}", T::TYPE);
        let scene = Scene { kernel: Kernel::DequantizeTensorInto, x: &q, parameters: &parameters };
        self.written(&scene, expected, &Some, &|subject, x| subject.dequantize_tensor(&tensor, x));
    }

    /// Compares what every subject makes of the rows of a matrix with the expected values, which
    /// are without gaps.
    pub fn dequantize_rows<Q: Byte, T: Input>(
        &mut self,
        quantized: &Quantized<Q>,
        (matrix, scheme, stored): (Matrix, Scheme, Stored),
        offset: usize,
        expected: &[T],
    ) {
        let q = Placed::new(&matrix.source(&quantized.q, Q::UNTOUCHED), offset, Q::UNTOUCHED);
        let parameters = || format!("{matrix:?}, {scheme:?}, {stored:?}, to {}", T::TYPE);
        let scene = Scene { kernel: Kernel::DequantizeRows, x: &q, parameters: &parameters };
        let expected = matrix.target(expected, T::UNTOUCHED);
        self.written(&scene, &expected, &|_| None, &|subject, x| {
            subject.dequantize_rows(&q, (matrix, scheme, stored), quantized, x)
        });
    }
}
