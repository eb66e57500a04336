//! Reads a source that is quantized as the floats that it stands for, to be quantized again.

use absmax::{Backend, Element};
use bytemuck::{NoUninit, cast_slice};
use half::{bf16, f16};
use safetensors::Dtype;

use super::regions::WORD;
use crate::control::Control;
use crate::error::Result;
use crate::read::{Buffers, Parameters, QuantizedWeight, Span, Stored, StoredModel};
use crate::source::{Checkpoint, refuse_quantized};

/// Makes a quantized checkpoint look like the float model that it stands for. Returns how to read
/// that, if any of its weights can be.
pub(super) fn dequantized(
    control: &Control<'_>,
    checkpoint: &mut Checkpoint,
) -> Result<Option<StoredModel>> {
    if refuse_quantized(checkpoint).is_ok() {
        return Ok(None);
    }
    let model = StoredModel::of(control, checkpoint)?;
    if !model.tensors.values().any(|stored| matches!(stored, Stored::Quantized(_))) {
        return Ok(None);
    }
    model.show_in(control, checkpoint)?;
    Ok(Some(model))
}

/// Reads one weight as if the file held its floats.
pub(super) struct Floats<'a, 'c> {
    control: &'a Control<'c>,
    backend: Backend,
    model: &'a StoredModel,
    weight: &'a QuantizedWeight,
    parameters: Parameters,
}

impl<'a, 'c> Floats<'a, 'c> {
    /// `None` if the tensor is stored as it is.
    pub(super) fn of(
        control: &'a Control<'c>,
        backend: Backend,
        model: &'a StoredModel,
        tensor: &str,
    ) -> Result<Option<Self>> {
        let Some(Stored::Quantized(weight)) = model.tensors.get(tensor) else { return Ok(None) };
        let parameters = weight.parameters(control, &model.files)?;
        Ok(Some(Self { control, backend, model, weight, parameters }))
    }

    /// Fills `bytes` with the little-endian floats from the place `from` of the tensor.
    pub(super) fn read(&self, bytes: &mut [u8], from: u64) -> Result<()> {
        match self.weight.dtype() {
            Dtype::F16 => self.read_as::<f16>(bytes, from as usize),
            Dtype::BF16 => self.read_as::<bf16>(bytes, from as usize),
            _ => self.read_as::<f32>(bytes, from as usize),
        }
    }

    fn read_as<T: Element + NoUninit>(&self, bytes: &mut [u8], from: usize) -> Result<()> {
        let (mut begin, end) = (from / size_of::<T>(), (from + bytes.len()) / size_of::<T>());
        let (mut buffers, mut rest) = (Buffers::default(), bytes);
        while begin < end {
            let (span, skipped) = self.span(begin, end);
            let mut x = vec![T::from_f32(0.0); span.len()];
            let how = (self.control, self.backend);
            self.weight.values(
                how,
                &self.model.files,
                &self.parameters,
                &span,
                &mut buffers,
                &mut x,
            )?;
            let values: &[u8] = cast_slice(&x[skipped..]);
            let (bytes, more) = std::mem::take(&mut rest).split_at_mut(values.len());
            bytes.copy_from_slice(values);
            if cfg!(target_endian = "big") {
                bytes.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
            }
            begin += x.len() - skipped;
            rest = more;
        }
        Ok(())
    }

    /// What can be read at once from `begin` on: whole rows, or what is asked for of one row. Such
    /// a part has to begin where a word does, so it may have elements before `begin`.
    fn span(&self, begin: usize, end: usize) -> (Span, usize) {
        let row_len = self.weight.shape()[1];
        let (row, column) = (begin / row_len, begin % row_len);
        if column == 0 && end - begin >= row_len {
            return (Span { rows: row..end / row_len, columns: 0..row_len }, 0);
        }
        let first = column / WORD * WORD;
        let columns = first..row_len.min(column + end - begin);
        (Span { rows: row..row + 1, columns }, column - first)
    }
}
