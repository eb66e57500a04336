//! A weight that is stored in FP8 (E4M3), with a scale for the tensor, each row or each block.

use absmax::Element;
use safetensors::Dtype;

use super::parameters::{Parameters, has_known_scales, scales};
use super::pieces::Buffers;
use super::place::{Files, Place};
use super::span::Span;
use crate::control::Control;
use crate::error::{Result, WeightError};

/// The block of DeepSeek's models, for which a config need not say another one.
const BLOCK: [usize; 2] = [128, 128];

/// A weight [out, in] of FP8 values. What it stands for is value * scale, a product of binary32.
#[derive(Clone, Debug)]
pub(crate) struct Fp8Weight {
    pub(super) weight: Place,
    pub(super) scale: Place,
    pub(super) shape: [usize; 2],
    /// The rows and columns that share a scale.
    block: [usize; 2],
    /// The type of the values that it stands for.
    pub(super) dtype: Dtype,
}

impl Fp8Weight {
    /// Puts a weight together from its values, their scales, and the blocks that the config says.
    pub(super) fn of(
        weight: Place,
        scale: Place,
        said: Option<[usize; 2]>,
        dtype: Option<Dtype>,
    ) -> Result<Self, WeightError> {
        let part = |text: String| Err(WeightError::Part(text));
        let shape: [usize; 2] = weight.shape[..].try_into().map_err(|_| WeightError::NotAMatrix)?;
        if weight.dtype != Dtype::F8_E4M3 {
            return part(format!("its values are {}, not F8_E4M3", weight.dtype));
        }
        if !has_known_scales(&scale) {
            return part(format!("its scales are {}", scale.dtype));
        }
        let block = said.unwrap_or(BLOCK);
        let blocks = [0, 1].map(|axis| shape[axis].div_ceil(block[axis].max(1)));
        let block = match scale.shape[..] {
            [] | [1] => shape,
            [rows] | [rows, 1] if rows == shape[0] => [1, shape[1]],
            ref found if found == blocks => block,
            ref found => {
                let [rows, columns] = block;
                return part(format!(
                    "its scales are {found:?}, which are those of neither the tensor nor the rows \
                     of {shape:?}, nor of blocks of {rows} x {columns}"
                ));
            }
        };
        let (block, dtype) = (block.map(|size| size.max(1)), dtype.unwrap_or(scale.dtype));
        Ok(Self { weight, scale, shape, block, dtype })
    }

    pub(super) fn parameters(&self, control: &Control<'_>, files: &Files) -> Result<Parameters> {
        let scales = scales(control, files, &self.scale)?;
        Ok(Parameters { scales, zero_points: Vec::new() })
    }

    /// Dequantizes some whole rows, or a part of a row.
    pub(super) fn values<T: Element>(
        &self,
        control: &Control<'_>,
        files: &Files,
        parameters: &Parameters,
        span: &Span,
        buffers: &mut Buffers,
        x: &mut [T],
    ) -> Result<()> {
        let (row_len, [height, width]) = (self.shape[1], self.block);
        let elements = span.elements(row_len);
        let bytes: &[u8] = files.read(control, &self.weight, elements, &mut buffers.words)?;
        let per_row = row_len.div_ceil(width);
        let columns = span.columns.len().max(1);
        let rows = x.chunks_mut(columns).zip(bytes.chunks(columns));
        for (row, (x, bytes)) in span.rows.clone().zip(rows) {
            let scales = &parameters.scales[row / height * per_row..][..per_row];
            for (column, (x, byte)) in span.columns.clone().zip(x.iter_mut().zip(bytes)) {
                *x = T::from_f32(E4M3[usize::from(*byte)] * scales[column / width]);
            }
        }
        Ok(())
    }
}

/// What each byte stands for: a sign, four bits of exponent and three of mantissa. There are no
/// infinities, and NaN is 127 and 255.
static E4M3: [f32; 256] = {
    let (mut values, mut byte) = ([0.0; 256], 0_usize);
    while byte < 256 {
        let (exponent, mantissa) = (byte as u32 >> 3 & 15, byte as u32 & 7);
        let magnitude = match (exponent, mantissa) {
            (15, 7) => f32::NAN,
            (0, _) => mantissa as f32 / 512.0,
            _ => f32::from_bits((exponent + 120) << 23 | mantissa << 20),
        };
        values[byte] = if byte < 128 { magnitude } else { -magnitude };
        byte += 1;
    }
    values
};
