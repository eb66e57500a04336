//! Measures the whole job: the scale of each row is computed from its data, and the row is
//! quantized with it.

use std::cell::RefCell;
use std::hint::black_box;
use std::mem::MaybeUninit;

use absmax::{QuantizedMut, Rows, RowsMut, Scheme};

use super::answers::quantized_apart;
use super::names::{PLAIN, Q8_0, RTEN};
use super::run::Run;
use crate::contender::{Contender, Exact, exactly, nearly};
use crate::measure::Timings;
use crate::{loops, peers};

pub(super) fn measure(run: &Run<'_>, row: usize) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let expected = quantized_apart(&inputs[0], row)?;
    let out = &RefCell::new(run.buffer(0i8));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let mut scales = vec![0.0; elements / row];
        let mut call = move |i: usize| {
            let (x, q) = (black_box(&inputs[i]), &mut out.borrow_mut());
            if row == elements {
                backend.quantize_into(x, q).map(|_| ())
            } else {
                let rows = elements / row;
                let out = QuantizedMut::new(RowsMut::new(q, rows, row)?).with_scales(&mut scales);
                backend.quantize_rows(Scheme::int8().per_channel(0), Rows::new(x, rows, row)?, out)
            }
        };
        call(0)?;
        let exact = exactly(&name, &out.borrow(), &expected)?;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
    }

    let mut q = run.buffer(MaybeUninit::uninit());
    let mut found = Vec::with_capacity(elements);
    rten(&inputs[0], row, &mut q, |q| found.extend_from_slice(q));
    let exact = nearly(RTEN, found.iter().map(|&q| peers::rten_value(q)), &expected)?;
    all.push(Contender::new(RTEN, exact, move |i| {
        rten(black_box(&inputs[i]), row, &mut q, |q| {
            black_box(q);
        });
    }));

    let plain = move |i: usize| {
        let q = &mut out.borrow_mut();
        for (x, q) in black_box(&inputs[i]).chunks(row).zip(q.chunks_mut(row)) {
            loops::divide(x, loops::abs_max(x) / 127.0, black_box(q));
        }
    };
    plain(0);
    let exact = exactly(PLAIN, &out.borrow(), &expected)?;
    all.push(Contender::new(PLAIN, exact, plain));

    let mut blocks = peers::candle_blocks(&inputs[0])?;
    all.push(Contender::new(Q8_0, Exact::Other, move |i| {
        peers::candle_quantize(black_box(&inputs[i]), black_box(&mut blocks));
    }));
    Ok(run.interleave(inputs.len(), all))
}

/// rten's pair: min and max, then quantize. `done` is shown each row.
fn rten(x: &[f32], row: usize, q: &mut [MaybeUninit<u8>], mut done: impl FnMut(&[u8])) {
    for (x, q) in x.chunks(row).zip(q.chunks_mut(row)) {
        let (min, max) = peers::rten_min_max(x);
        let abs_max = if -min < max { max } else { -min };
        done(peers::rten_quantize(x, abs_max / 127.0, q));
    }
}
