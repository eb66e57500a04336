//! Measures max |x|.

use std::hint::black_box;

use absmax::reference;

use super::names::{PLAIN, RTEN};
use super::run::Run;
use crate::contender::{Contender, Exact, exactly};
use crate::measure::Timings;
use crate::{loops, peers};

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let inputs = &run.inputs;
    let right = reference::abs_max(&inputs[0]).to_bits();
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let exact = exactly(&name, &[backend.abs_max(&inputs[0]).to_bits()], &[right])?;
        all.push(Contender::new(name, exact, move |i| {
            black_box(backend.abs_max(black_box(&inputs[i])));
        }));
    }
    let (min, max) = peers::rten_min_max(&inputs[0]);
    let exact = exactly(RTEN, &[reference::abs_max(&[min, max]).to_bits()], &[right])?;
    all.push(Contender::new(RTEN, exact, |i| {
        black_box(peers::rten_min_max(black_box(&inputs[i])));
    }));
    let exact = exactly(PLAIN, &[loops::abs_max(&inputs[0]).to_bits()], &[right])?;
    all.push(Contender::new(PLAIN, exact, |i| {
        black_box(loops::abs_max(black_box(&inputs[i])));
    }));
    all.push(Contender::new("pure read", Exact::Other, |i| {
        black_box(loops::read(black_box(&inputs[i])));
    }));
    Ok(run.interleave(inputs.len(), all))
}
