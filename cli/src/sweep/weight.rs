//! One weight, tried with every scheme.
//!
//! It is read twice, in panels of whole rows: once for the range of all values, once to quantize each
//! panel with every scheme while it is in the cache. A thread holds one panel as it is read, as
//! integers and as the binary32 values that those stand for: at most 9 bytes a value. Of each panel
//! done and each scheme some 60 bytes are kept, which are added up in order.

use std::ops::Range;

use absmax::{
    Backend, Element, Error, ErrorStats, Observer, QuantParams, Quantizer, Scheme, TensorView,
};
use anyhow::{Context as _, Result, anyhow};
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use safetensors::Dtype;

use super::report::Total;
use crate::console::Console;
use absmax_checkpoint::quantize::weight::panels;
use absmax_checkpoint::read::pieces::{Buffers, Workshop};
use absmax_checkpoint::read::stored::{Place, StoredModel};
use absmax_checkpoint::scheme::weight_scheme::Granularity;
use absmax_checkpoint::sweep::candidate::Candidate;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight<'a> {
    pub(crate) name: &'a str,
    pub(crate) place: &'a Place,
    /// Rows, and elements of each; none is 0.
    pub(crate) shape: [usize; 2],
    pub(crate) model: &'a StoredModel,
    pub(crate) backend: Backend,
    pub(crate) workshop: &'a Workshop,
    pub(crate) console: &'a Console,
}

/// The least and the largest value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) min: f32,
    pub(crate) max: f32,
}

impl Weight<'_> {
    /// The error of each candidate.
    pub(crate) fn measure(&self, candidates: &[Candidate]) -> Result<Vec<Total>> {
        match self.place.dtype {
            Dtype::F16 => self.measure_as::<f16>(candidates),
            Dtype::BF16 => self.measure_as::<bf16>(candidates),
            _ => self.measure_as::<f32>(candidates),
        }
    }

    fn measure_as<T: Element + AnyBitPattern + NoUninit>(
        &self,
        candidates: &[Candidate],
    ) -> Result<Vec<Total>> {
        let limits = self.limits::<T>()?;
        let prepared = candidates.iter().map(|candidate| self.prepare(candidate, limits));
        let prepared = prepared.collect::<Result<Vec<_>>>()?;
        let panels = self.workshop.run(panels(self.shape), |rows, buffers| {
            let Buffers { words, quantized, dequantized, .. } = buffers;
            let x = self.read::<T>(&rows, words)?;
            quantized.resize(x.len(), 0);
            dequantized.resize(x.len(), 0.0);
            let stats = prepared.iter().map(|one| self.stats(one, x, quantized, dequantized));
            let stats = stats.collect::<Result<Vec<_>, Error>>();
            stats.with_context(|| format!("tensor {}", self.name))
        })?;
        let mut all = vec![ErrorStats::default(); candidates.len()];
        for panel in panels {
            all.iter_mut().zip(panel).for_each(|(all, stats)| *all = all.merge(stats));
        }
        let totals = candidates.iter().zip(all).map(|(candidate, stats)| {
            Ok(Total { stats, scales: candidate.scale_count(self.shape)? })
        });
        totals.collect()
    }

    fn prepare(&self, candidate: &Candidate, Limits { min, max }: Limits) -> Result<Prepared> {
        let scheme = candidate.scheme()?;
        Ok(match candidate.granularity {
            Granularity::Tensor => Prepared::Shared(scheme.params(min, max)?),
            _ => Prepared::Own(scheme),
        })
    }

    /// The error of one scheme in one panel.
    fn stats<T: Element>(
        &self,
        prepared: &Prepared,
        x: &[T],
        q: &mut [i8],
        y: &mut [f32],
    ) -> Result<ErrorStats, Error> {
        match prepared {
            Prepared::Shared(params) => {
                self.backend.quantize_with(x, *params, q)?;
                self.backend.dequantize_into(q, *params, y)?;
            }
            Prepared::Own(scheme) => {
                let shape = [x.len() / self.shape[1], self.shape[1]];
                let Parameters { scales, zero_points } = self.quantize(*scheme, x, shape, q)?;
                let quantizer = Quantizer::new(*scheme).backend(self.backend);
                quantizer.dequantize_into(q, &shape, &scales, &zero_points, y)?;
            }
        }
        self.backend.error_stats(x, y)
    }

    /// Quantizes rows with scales of their own, and returns those.
    pub(crate) fn quantize<T: Element>(
        &self,
        scheme: Scheme,
        x: &[T],
        shape: [usize; 2],
        q: &mut [i8],
    ) -> Result<Parameters, Error> {
        let quantizer = Quantizer::new(scheme).backend(self.backend);
        let count = quantizer.scale_count(&shape)?;
        let (mut scales, mut zero_points) = (vec![0.0; count], Vec::new());
        zero_points.resize(if scheme.is_symmetric() { 0 } else { count }, 0);
        quantizer.quantize_into(TensorView::new(x, &shape)?, q, &mut scales, &mut zero_points)?;
        Ok(Parameters { scales, zero_points })
    }

    /// The range of all values, which are found to be finite.
    pub(crate) fn limits<T: Element + AnyBitPattern + NoUninit>(&self) -> Result<Limits> {
        let observers = self.workshop.run(panels(self.shape), |rows, buffers| {
            let x = self.read::<T>(&rows, &mut buffers.words)?;
            let mut observer = Observer::min_max();
            observer.observe_on(self.backend, x).map_err(|error| match error {
                Error::NotFinite { index, value } => self.not_finite(rows.start, index, value),
                other => other.into(),
            })?;
            Ok(observer)
        })?;
        let mut all = Observer::min_max();
        observers.iter().try_for_each(|observer| all.merge(observer))?;
        let (min, max) = all.limits(Scheme::int8()).unwrap_or((0.0, 0.0));
        Ok(Limits { min, max })
    }

    fn not_finite(&self, first_row: usize, index: usize, value: f32) -> anyhow::Error {
        let (name, row_len) = (self.name, self.shape[1]);
        let (row, column) = (first_row + index / row_len, index % row_len);
        let module = name.strip_suffix(".weight").unwrap_or(name);
        anyhow!(
            "tensor {name} has {value} at [{row}, {column}]: only finite weights can be quantized \
             (--ignore {module} leaves it out)"
        )
    }

    /// Some rows.
    pub(crate) fn read<'b, T: AnyBitPattern + NoUninit>(
        &self,
        rows: &Range<usize>,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let elements = rows.start * self.shape[1]..rows.end * self.shape[1];
        self.console.advance((elements.len() * size_of::<T>()) as u64);
        let values = self.model.read(self.place, elements, words);
        values.with_context(|| format!("cannot read tensor {}", self.name))
    }
}

/// What a candidate needs to know before it sees a panel.
#[derive(Debug)]
enum Prepared {
    /// One scale for all panels.
    Shared(QuantParams),
    /// Scales that each panel finds.
    Own(Scheme),
}

#[derive(Debug)]
pub(crate) struct Parameters {
    pub(crate) scales: Vec<f32>,
    zero_points: Vec<i32>,
}
