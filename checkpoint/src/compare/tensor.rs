//! Compares one tensor that both checkpoints have, slab by slab.

use std::mem::take;
use std::ops::Range;

use absmax::{Backend, Element, ErrorStats};
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use safetensors::Dtype;

use crate::control::Control;
use crate::error::Result;
use crate::read::{Buffers, Parameters, Place, SLAB, Span, Stored, StoredModel, Workshop};

/// Bytes compared at a time.
const PIECE: usize = 1 << 20;

/// Two models.
pub(super) struct Comparison<'a, 'c> {
    pub(super) control: &'a Control<'c>,
    pub(super) backend: Backend,
    pub(super) models: [&'a StoredModel; 2],
    pub(super) workshop: Workshop,
}

impl Comparison<'_, '_> {
    /// The error of the second against the first.
    pub(super) fn difference(&self, pair: [&Stored; 2]) -> Result<ErrorStats> {
        let parameters = |i: usize| match pair[i] {
            Stored::Plain(_) => Ok(None),
            Stored::Quantized(weight) => {
                weight.parameters(self.control, &self.models[i].files).map(Some)
            }
        };
        let parameters = [parameters(0)?, parameters(1)?];
        let slabs = pair[0].span().slabs(SLAB);
        let stats = self.workshop.run(self.control, slabs, |span, buffers| {
            let mut values = [take(&mut buffers.dequantized), take(&mut buffers.compared)];
            for (i, x) in values.iter_mut().enumerate() {
                x.resize(span.len(), 0.0);
                self.widened(i, pair[i], parameters[i].as_ref(), &span, buffers, x)?;
            }
            let mut stats = self.backend.error_stats(&values[0], &values[1])?;
            if !stats.mse().is_finite() {
                forget_equal(&mut values);
                stats = self.backend.error_stats(&values[0], &values[1])?;
            }
            [buffers.dequantized, buffers.compared] = values;
            Ok(stats)
        })?;
        Ok(stats.into_iter().fold(ErrorStats::default(), ErrorStats::merge))
    }

    /// Values as binary32: (q - zero_point) * scale of a quantized tensor.
    fn widened(
        &self,
        i: usize,
        stored: &Stored,
        parameters: Option<&Parameters>,
        span: &Span,
        buffers: &mut Buffers,
        x: &mut [f32],
    ) -> Result<()> {
        match (stored, parameters) {
            (Stored::Quantized(weight), Some(parameters)) => {
                let how = (self.control, self.backend);
                weight.values(how, &self.models[i].files, parameters, span, buffers, x)
            }
            (Stored::Plain(place), _) => {
                let whole = stored.span();
                let elements = span.elements(whole.columns.len());
                match place.dtype {
                    Dtype::F16 => self.widen::<f16>(i, place, elements, buffers, x),
                    Dtype::BF16 => self.widen::<bf16>(i, place, elements, buffers, x),
                    _ => self.widen::<f32>(i, place, elements, buffers, x),
                }
            }
            (Stored::Quantized(_), None) => Ok(()),
        }
    }

    fn widen<T: Element + AnyBitPattern + NoUninit>(
        &self,
        i: usize,
        place: &Place,
        elements: Range<usize>,
        buffers: &mut Buffers,
        x: &mut [f32],
    ) -> Result<()> {
        let files = &self.models[i].files;
        let values: &[T] = files.read(self.control, place, elements, &mut buffers.words)?;
        x.iter_mut().zip(values).for_each(|(x, value)| *x = value.to_f32());
        Ok(())
    }

    /// Whether two tensors of other types are the same.
    pub(super) fn has_same_bytes(&self, pair: [&Stored; 2]) -> Result<bool> {
        let [Stored::Plain(a), Stored::Plain(b)] = pair else { return Ok(false) };
        if a.dtype != b.dtype {
            return Ok(false);
        }
        let len = a.len() as usize;
        let same = self.workshop.run(self.control, (0..len).step_by(PIECE), |start, buffers| {
            let bytes = start..len.min(start + PIECE);
            let [files_a, files_b] = self.models.map(|model| &model.files);
            let words = &mut buffers.words;
            let ours: Vec<u8> = files_a.read(self.control, a, bytes.clone(), words)?.to_vec();
            Ok(ours == files_b.read::<u8>(self.control, b, bytes, words)?)
        })?;
        Ok(same.into_iter().all(|same| same))
    }
}

/// Takes out of both what is the same and not a finite number: there is no error in it, and no
/// arithmetic says so.
fn forget_equal([a, b]: &mut [Vec<f32>; 2]) {
    for (a, b) in a.iter_mut().zip(b) {
        if !a.is_finite() && a.to_bits() == b.to_bits() {
            (*a, *b) = (0.0, 0.0);
        }
    }
}
