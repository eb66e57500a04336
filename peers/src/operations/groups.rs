//! Measures groups of 32 values, each with a scale of its own, beside a loop written by hand and
//! candle's format.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::Scheme;

use super::answers::quantized_apart;
#[cfg(target_arch = "x86_64")]
use super::names::VDIVPS_512;
use super::names::{PLAIN, Q8_0};
use super::run::Run;
use super::tensor::{self, Out};
use crate::contender::{Contender, Exact, exactly};
use crate::measure::Timings;
use crate::{loops, peers};

/// The number of values in a group.
const GROUP: usize = 32;

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let expected = quantized_apart(&inputs[0], GROUP)?;
    let scheme = Scheme::int8().per_group(GROUP)?;
    let out: &Out = &RefCell::new((run.buffer(0i8), vec![0.0; elements / GROUP]));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| {
            let (q, scales) = &mut *out.borrow_mut();
            tensor::quantize(backend, scheme, black_box(&inputs[i]), q, scales)
        };
        call(0)?;
        let exact = exactly(&name, &out.borrow().0, &expected)?;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
    }
    #[cfg(target_arch = "x86_64")]
    if pulp::x86::V4::is_available() {
        let by_hand = move |i: usize| {
            let (q, scales) = &mut *out.borrow_mut();
            crate::division::avx512_groups(black_box(&inputs[i]), q, scales);
        };
        by_hand(0);
        let exact = exactly(VDIVPS_512, &out.borrow().0, &expected)?;
        all.push(Contender::new(VDIVPS_512, exact, by_hand));
    }
    let plain = move |i: usize| {
        let (q, _) = &mut *out.borrow_mut();
        for (x, q) in black_box(&inputs[i]).chunks(GROUP).zip(q.chunks_mut(GROUP)) {
            loops::divide(x, loops::abs_max(x) / 127.0, black_box(q));
        }
    };
    plain(0);
    let exact = exactly(PLAIN, &out.borrow().0, &expected)?;
    all.push(Contender::new(PLAIN, exact, plain));
    let mut blocks = peers::candle_blocks(&inputs[0])?;
    all.push(Contender::new(Q8_0, Exact::Other, move |i| {
        peers::candle_quantize(black_box(&inputs[i]), black_box(&mut blocks));
    }));
    Ok(run.interleave(inputs.len(), all))
}
