//! Tries every scheme on one weight.
//!
//! The weight is read twice, in slabs of whole rows: once for the range of all values, and once to
//! quantize each slab with every scheme while it is in the cache. A thread holds one slab as it
//! is read, as integers and as the binary32 values that those stand for, which is at most 9 bytes
//! for each value. Some 60 bytes are kept of each slab done and each scheme, and are added up in
//! order.

use std::ops::Range;

use absmax::{
    Backend, Element, Error as KernelError, ErrorStats, Observer, Params, QuantParams,
    QuantizedMut, Rows, RowsMut, Scheme,
};
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use safetensors::Dtype;

use super::candidate::Candidate;
use super::total::Total;
use crate::control::Control;
use crate::error::{Context as _, Error, Result};
use crate::read::{Buffers, Files, LONGEST, Place, SLAB, Span, Workshop};
use crate::scheme::Granularity;

#[derive(Clone, Copy)]
pub(super) struct Weight<'a, 'c> {
    pub(super) control: &'a Control<'c>,
    pub(super) place: &'a Place,
    /// The number of rows, and of elements of each. Neither is 0.
    pub(super) shape: [usize; 2],
    pub(super) files: &'a Files,
    pub(super) backend: Backend,
    pub(super) workshop: &'a Workshop,
}

/// The least and the largest value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extremes {
    pub(super) min: f32,
    pub(super) max: f32,
}

impl Weight<'_, '_> {
    /// The error of each candidate.
    pub(super) fn measure(&self, candidates: &[Candidate]) -> Result<Vec<Total>> {
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
        let slabs = self.workshop.run(self.control, self.row_slabs(), |rows, buffers| {
            let Buffers { words, quantized, dequantized, .. } = buffers;
            let x = self.read::<T>(&rows, words)?;
            let stats = prepared.iter().map(|one| self.stats(*one, x, quantized, dequantized));
            stats.collect::<Result<Vec<_>>>().in_tensor(&self.place.name)
        })?;
        let mut all = vec![ErrorStats::default(); candidates.len()];
        for slab in slabs {
            all.iter_mut().zip(slab).for_each(|(all, stats)| *all = all.merge(stats));
        }
        let totals = candidates.iter().zip(all).map(|(candidate, stats)| {
            Ok(Total { stats, scales: candidate.scale_count(self.shape)? })
        });
        totals.collect()
    }

    fn prepare(&self, candidate: &Candidate, Extremes { min, max }: Extremes) -> Result<Prepared> {
        let scheme = candidate.scheme()?;
        let set_len = candidate.set_len(self.shape[1]);
        Ok(match candidate.granularity {
            Granularity::Tensor => Prepared::Shared(scheme.params(min, max)?),
            _ => Prepared::Own { scheme, set_len },
        })
    }

    /// The error of one scheme in one slab. A row that kernels should not be given at once is cut.
    fn stats<T: Element>(
        &self,
        prepared: Prepared,
        x: &[T],
        q: &mut Vec<i8>,
        y: &mut Vec<f32>,
    ) -> Result<ErrorStats> {
        let row_len = self.shape[1];
        if row_len <= LONGEST {
            return self.part(prepared, x, row_len, q, y);
        }
        let mut all = ErrorStats::default();
        match prepared {
            Prepared::Own { scheme, set_len } if set_len > LONGEST => {
                for set in x.chunks(set_len) {
                    let Extremes { min, max } = self.limits_of(set)?;
                    let shared = Prepared::Shared(scheme.params(min, max)?);
                    for part in set.chunks(SLAB) {
                        all = all.merge(self.part(shared, part, part.len(), q, y)?);
                    }
                }
            }
            _ => {
                let set_len =
                    if let Prepared::Own { set_len, .. } = prepared { set_len } else { 1 };
                for part in x.chunks((SLAB / set_len * set_len).max(set_len)) {
                    all = all.merge(self.part(prepared, part, part.len(), q, y)?);
                }
            }
        }
        Ok(all)
    }

    /// The error of one scheme in rows of so many values, or in a part of one row.
    fn part<T: Element>(
        &self,
        prepared: Prepared,
        x: &[T],
        row_len: usize,
        q: &mut Vec<i8>,
        y: &mut Vec<f32>,
    ) -> Result<ErrorStats> {
        self.control.check()?;
        q.resize(x.len(), 0);
        y.resize(x.len(), 0.0);
        match prepared {
            Prepared::Shared(params) => {
                self.backend.quantize_with_into(x, params, q)?;
                self.backend.dequantize_into(q, params, y)?;
            }
            Prepared::Own { scheme, .. } => {
                let rows = x.len() / row_len;
                let count = scheme.scale_count(&[rows, row_len])?;
                let (mut scales, mut zero_points) = (vec![0.0; count], Vec::new());
                zero_points.resize(if scheme.is_symmetric() { 0 } else { count }, 0);
                let out = QuantizedMut::new(RowsMut::new(q, rows, row_len)?)
                    .with_scales(&mut scales)
                    .with_zero_points(&mut zero_points);
                self.backend.quantize_rows(scheme, Rows::new(x, rows, row_len)?, out)?;
                let params = Params::new(&scales).with_zero_points(&zero_points);
                let (q, y) = (Rows::new(q, rows, row_len)?, RowsMut::new(y, rows, row_len)?);
                self.backend.dequantize_rows(scheme, q, params, y)?;
            }
        }
        Ok(self.backend.error_stats(x, y)?)
    }

    /// The range of all values, which are found to be finite.
    pub(super) fn limits<T: Element + AnyBitPattern + NoUninit>(&self) -> Result<Extremes> {
        let observers = self.workshop.run(self.control, self.row_slabs(), |rows, buffers| {
            let x = self.read::<T>(&rows, &mut buffers.words)?;
            let mut observer = Observer::min_max();
            for (i, part) in x.chunks(LONGEST).enumerate() {
                self.control.check()?;
                self.backend.observe(&mut observer, part).map_err(|error| match error {
                    KernelError::NotFinite { index, value } => {
                        self.not_finite(rows.start, i * LONGEST + index, value)
                    }
                    other => other.into(),
                })?;
            }
            Ok(observer)
        })?;
        let mut all = Observer::min_max();
        observers.iter().try_for_each(|observer| all.merge(observer))?;
        let (min, max) = all.limits(Scheme::int8()).unwrap_or((0.0, 0.0));
        Ok(Extremes { min, max })
    }

    /// The range of finite values.
    fn limits_of<T: Element>(&self, x: &[T]) -> Result<Extremes> {
        let mut observer = Observer::min_max();
        for part in x.chunks(SLAB) {
            self.control.check()?;
            self.backend.observe(&mut observer, part)?;
        }
        let (min, max) = observer.limits(Scheme::int8()).unwrap_or((0.0, 0.0));
        Ok(Extremes { min, max })
    }

    fn not_finite(&self, first_row: usize, index: usize, value: f32) -> Error {
        let (tensor, row_len) = (self.place.name.clone(), self.shape[1]);
        let (row, column) = (first_row + index / row_len, index % row_len);
        Error::NotFinite { tensor, row, column, value }
    }

    /// Slabs of whole rows, however long these are: groups of several sizes share no place to cut.
    pub(super) fn row_slabs(&self) -> impl Iterator<Item = Range<usize>> + Send + use<> {
        Span::whole(self.shape).slabs(self.shape[1]).map(|span| span.rows)
    }

    /// Reads some rows.
    pub(super) fn read<'b, T: AnyBitPattern + NoUninit>(
        &self,
        rows: &Range<usize>,
        words: &'b mut Vec<u32>,
    ) -> Result<&'b [T]> {
        let elements = rows.start * self.shape[1]..rows.end * self.shape[1];
        self.files.read(self.control, self.place, elements, words)
    }
}

/// The parameters that a candidate has before it sees a slab.
#[derive(Clone, Copy, Debug)]
enum Prepared {
    /// One scale for all slabs.
    Shared(QuantParams),
    /// Scales that each slab finds, one for each row or for so many values of one.
    Own { scheme: Scheme, set_len: usize },
}
