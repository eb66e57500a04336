//! Compares what is done by the caller's parameters: `quantize_with_into`, `quantize_rows_with` and
//! `fake_quantize_into`.

use absmax::{QuantParams, Scheme};

use super::mismatch::Scene;
use super::{Board, Kernel, Placed};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input, Matrix, Stored, Value, both_ranges};

impl Board {
    /// Compares every subject's values of `x` by the caller's parameters with the expected ones.
    pub fn quantize_with<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        params: QuantParams,
        expected: &[Q],
    ) {
        let parameters = || format!("{}, to {}", text(params), Q::TYPE);
        let scene = Scene { kernel: Kernel::QuantizeWithInto, x, parameters: &parameters };
        self.written(&scene, expected, &Some, &|subject, q| subject.quantize_with(x, params, q));
    }

    /// Compares the values that every subject's integers would stand for with the expected ones.
    pub fn fake_quantize_into<T: Input>(
        &mut self,
        x: &Placed<T>,
        params: QuantParams,
        expected: &[T],
    ) {
        let parameters = || text(params);
        let scene = Scene { kernel: Kernel::FakeQuantizeInto, x, parameters: &parameters };
        self.written(&scene, expected, &Some, &|subject, y| {
            subject.fake_quantize_into(x, params, y)
        });
    }

    /// Compares every subject's integers of the rows of a matrix by given parameters, those of
    /// `expected`, whose integers are without gaps.
    pub fn quantize_rows_with<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        (matrix, scheme, stored): (Matrix, Scheme, Stored),
        expected: &Quantized<Q>,
    ) {
        let parameters = || format!("{matrix:?}, {scheme:?}, {stored:?}, to {}", Q::TYPE);
        let scene = Scene { kernel: Kernel::QuantizeRowsWith, x, parameters: &parameters };
        let q = matrix.target(&expected.q, Q::UNTOUCHED);
        self.written(&scene, &q, &|_| None, &|subject, q| {
            subject.quantize_rows_with(x, (matrix, scheme, stored), expected, q)
        });
    }

    /// Compares a slice quantized, and quantized and back, with what the reference says, which is
    /// computed here.
    pub fn with_params<T: Input, Q: Byte>(&mut self, x: &Placed<T>, params: QuantParams) {
        let q: Vec<Q> = expected::quantize_with(x, params);
        self.quantize_with(x, params, &q);
        self.fake_quantize_into(x, params, &expected::dequantize(&q, params));
    }

    /// Compares symmetric int8 in both ranges with what the reference says, which is computed here.
    pub fn with_both_ranges<T: Input>(&mut self, x: &Placed<T>, scale: f32) {
        for params in both_ranges(scale) {
            self.quantize_with(x, params, &expected::quantize_with::<T, i8>(x, params));
        }
    }
}

/// The parameters, for the reader.
pub(super) fn text(params: QuantParams) -> String {
    let (scale, zero_point) = (params.scale().text(), params.zero_point());
    let (qmin, qmax) = (params.qmin(), params.qmax());
    format!("scale {scale}, zero point {zero_point}, integers {qmin} to {qmax}")
}
