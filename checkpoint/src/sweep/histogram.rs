//! Counts how often each value is in a weight, and lists the values that it could be rounded to.

use absmax::Element;
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use safetensors::Dtype;

use super::candidate::{Candidate, Mapping};
use super::report::{Grid, WeightHistogram};
use super::weight::{Extremes, Weight};
use crate::error::Result;
use crate::read::SLAB;
use crate::scheme::{Granularity, InvalidOption};

/// The number of bins, which is odd so that zero is in the middle of one.
const BINS: usize = 201;

/// What one slab adds to the histogram.
#[derive(Debug)]
struct Slab {
    counts: Vec<u64>,
    /// The largest magnitude of each group that has one.
    abs_maxes: Vec<f32>,
}

impl Weight<'_, '_> {
    /// Makes the histogram. Beside slabs, that takes 4 bytes of memory for each of the smallest
    /// groups.
    pub(super) fn histogram(&self, candidates: &[Candidate]) -> Result<WeightHistogram> {
        match self.place.dtype {
            Dtype::F16 => self.histogram_as::<f16>(candidates),
            Dtype::BF16 => self.histogram_as::<bf16>(candidates),
            _ => self.histogram_as::<f32>(candidates),
        }
    }

    fn histogram_as<T: Element + AnyBitPattern + NoUninit>(
        &self,
        candidates: &[Candidate],
    ) -> Result<WeightHistogram> {
        let mut symmetric = candidates.iter().filter(|c| c.mapping == Mapping::Symmetric);
        let none = || InvalidOption::new("there is no symmetric scheme to draw");
        let coarsest = *symmetric.next().ok_or_else(none)?;
        let finest = *symmetric.next_back().unwrap_or(&coarsest);
        let limits: Extremes = self.limits::<T>()?;
        let abs_max = if -limits.min > limits.max { -limits.min } else { limits.max };
        let reach = if abs_max > 0.0 { abs_max.into() } else { 1.0 };

        let slabs = self.workshop.run(self.control, self.row_slabs(), |rows, buffers| {
            let x = self.read::<T>(&rows, &mut buffers.words)?;
            self.slab(x, reach, finest.set_len(self.shape[1]))
        })?;
        let (mut counts, mut abs_maxes) = (vec![0; BINS], Vec::new());
        for slab in slabs {
            counts.iter_mut().zip(slab.counts).for_each(|(all, count)| *all += count);
            abs_maxes.extend(slab.abs_maxes);
        }
        abs_maxes.sort_unstable_by(f32::total_cmp);
        let median = abs_maxes.get(abs_maxes.len() / 2).copied().unwrap_or(abs_max);

        let mut grids = vec![Grid::new(&coarsest, abs_max)?];
        let same_bits = Candidate { bits: coarsest.bits, ..finest };
        grids.push(Grid::new(&same_bits, median)?);
        if finest != same_bits {
            grids.push(Grid::new(&finest, median)?);
        }
        Ok(WeightHistogram {
            name: self.place.name.clone(),
            dtype: self.place.dtype.to_string(),
            shape: self.shape,
            min: limits.min,
            max: limits.max,
            reach,
            counts,
            grids,
        })
    }

    fn slab<T: Element>(&self, x: &[T], reach: f64, set_len: usize) -> Result<Slab> {
        let mut counts = vec![0; BINS];
        for x in x.chunks(SLAB) {
            self.control.check()?;
            for x in x {
                // `part` is within [0, 1], and 1 is the end of the last bin.
                let part = (f64::from(x.to_f32()) / reach + 1.0) / 2.0;
                counts[((part * BINS as f64) as usize).min(BINS - 1)] += 1;
            }
        }
        let groups = x.chunks(self.shape[1]).flat_map(|row| row.chunks(set_len));
        let abs_maxes = groups.map(|group| self.backend.abs_max(group));
        Ok(Slab { counts, abs_maxes: abs_maxes.filter(|&abs_max| abs_max > 0.0).collect() })
    }
}

impl Grid {
    /// The grid of values whose largest magnitude is `abs_max`.
    fn new(candidate: &Candidate, abs_max: f32) -> Result<Self> {
        let granularity = match candidate.granularity {
            Granularity::Tensor => "per tensor".to_owned(),
            Granularity::Channel => "per channel, median scale".to_owned(),
            Granularity::Group(size) => format!("per group of {size}, median scale"),
        };
        let scheme = candidate.scheme()?;
        let step = f64::from(scheme.params(-abs_max, abs_max)?.scale());
        let values = (scheme.qmin()..=scheme.qmax()).map(|q| f64::from(q) * step);
        let values: Vec<f64> = values.collect();
        Ok(Self { name: format!("int{} {granularity}", candidate.bits), step, values })
    }
}
