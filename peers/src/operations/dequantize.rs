//! Measures x' = q * scale.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{QuantParams, reference};

use super::answers::{quantized, scale_of};
use super::names::{PLAIN, Q8_0};
use super::run::Run;
use crate::buffer::{Buffer, copies};
use crate::contender::{Contender, Exact, exactly};
use crate::measure::Timings;
use crate::{loops, peers};

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let x = &run.inputs[0];
    let scale = scale_of(x);
    let params = QuantParams::symmetric(scale)?;
    let q = quantized(x, params);
    // The inputs are smaller than the results here, so it takes more of them to fill a cache.
    let copies = copies(run.elements(), q.len());
    let inputs: Vec<_> = (0..copies).map(|_| Buffer::copy(&q, run.conditions.offset)).collect();
    let inputs = &inputs;
    let expected: Vec<f32> = q.iter().map(|&q| reference::dequantize_one(q, params)).collect();
    let out = &RefCell::new(run.buffer(0f32));
    let check = |name: &str| exactly(name, bits(&out.borrow()), bits(&expected));

    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| {
            backend.dequantize_into(black_box(&inputs[i]), params, black_box(&mut out.borrow_mut()))
        };
        call(0)?;
        let exact = check(&name)?;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
    }
    let plain = |i: usize| {
        loops::dequantize(black_box(&inputs[i]), scale, black_box(&mut out.borrow_mut()));
    };
    plain(0);
    all.push(Contender::new(PLAIN, check(PLAIN)?, plain));

    let blocks = vec![peers::candle_blocks(x)?; copies];
    all.push(Contender::new(Q8_0, Exact::Other, move |i| {
        peers::candle_dequantize(black_box(&blocks[i]), black_box(&mut out.borrow_mut()));
    }));
    all.push(Contender::new("memcpy of the result", Exact::Other, |_| {
        black_box(&mut out.borrow_mut()).copy_from_slice(black_box(&expected));
    }));
    Ok(run.interleave(copies, all))
}

/// Compares floats as bits, because equal floats may differ: both zeros are equal.
fn bits(x: &[f32]) -> &[u32] {
    bytemuck::must_cast_slice(x)
}
