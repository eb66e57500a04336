//! Compares tensors there and back, by any scheme.

use absmax::{Scheme, reference};

use super::{Board, Placed};
use crate::expected;
use crate::inputs::{Byte, Input, Value};

impl Board {
    /// Compares what every subject makes of a tensor by its own parameters, or its error. Also
    /// compares what it makes of the expected integers, as binary32 and as `T`. What the reference
    /// says is computed here.
    pub fn tensor<T: Input>(&mut self, x: &Placed<T>, shape: &[usize], scheme: Scheme) {
        if *reference::integers(scheme).start() >= 0 {
            self.there_and_back::<T, u8>(x, shape, scheme);
        } else {
            self.there_and_back::<T, i8>(x, shape, scheme);
        }
    }

    fn there_and_back<T: Input, Q: Byte>(
        &mut self,
        x: &Placed<T>,
        shape: &[usize],
        scheme: Scheme,
    ) {
        let expected = expected::quantize_tensor::<T, Q>(x, shape, scheme);
        self.quantize_tensor(x, shape, scheme, &expected);
        if let Ok(quantized) = expected {
            self.tensor_sums(x, shape, scheme, &quantized);
            let wide: Vec<f32> = expected::dequantize_tensor(&quantized, shape, scheme);
            self.dequantize_tensor(&quantized, shape, scheme, &wide);
            if T::TYPE != f32::TYPE {
                let narrow: Vec<T> = wide.into_iter().map(T::of).collect();
                self.dequantize_tensor(&quantized, shape, scheme, &narrow);
            }
        }
    }
}
