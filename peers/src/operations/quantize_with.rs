//! Measures q = clamp(round_half_even(x / scale), -127, 127) with a given scale.

use std::cell::RefCell;
use std::hint::black_box;
use std::mem::MaybeUninit;

use absmax::QuantParams;

use super::answers::{quantized, scale_of};
use super::names::RTEN;
#[cfg(target_arch = "x86_64")]
use super::names::{VDIVPS_256, VDIVPS_512};
use super::run::Run;
use crate::contender::{Contender, Exact, exactly, nearly};
use crate::measure::Timings;
use crate::{loops, peers};

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let inputs = &run.inputs;
    let scale = scale_of(&inputs[0]);
    let params = QuantParams::symmetric(scale)?;
    let right = quantized(&inputs[0], params);
    let out = &RefCell::new(run.buffer(0i8));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| {
            backend.quantize_with_into(
                black_box(&inputs[i]),
                params,
                black_box(&mut out.borrow_mut()),
            )
        };
        call(0)?;
        let exact = exactly(&name, &out.borrow(), &right)?;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
    }

    let mut q = run.buffer(MaybeUninit::uninit());
    let found = peers::rten_quantize(&inputs[0], scale, &mut q);
    let exact = nearly(RTEN, found.iter().map(|&q| peers::rten_value(q)), &right)?;
    all.push(Contender::new(RTEN, exact, move |i| {
        black_box(peers::rten_quantize(black_box(&inputs[i]), scale, &mut q));
    }));

    for Loop { name, is_exact, quantize } in loops() {
        let call = move |i: usize| {
            quantize(black_box(&inputs[i]), scale, black_box(&mut out.borrow_mut()));
        };
        call(0);
        let found = out.borrow();
        let exact = if is_exact {
            exactly(name, &found, &right)?
        } else {
            nearly(name, found.iter().map(|&q| q.into()), &right)?
        };
        all.push(Contender::new(name, exact, call));
    }
    all.push(Contender::new("read 4 bytes, write 1", Exact::Other, |i| {
        loops::read_4_write_1(black_box(&inputs[i]), black_box(&mut out.borrow_mut()));
    }));
    Ok(run.interleave(inputs.len(), all))
}

/// A loop that quantizes with a scale.
struct Loop {
    name: &'static str,
    is_exact: bool,
    quantize: fn(&[f32], f32, &mut [i8]),
}

/// The loops that this CPU can run.
fn loops() -> Vec<Loop> {
    let mut all = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        use crate::division;
        use pulp::x86::{V3, V4};

        if V4::is_available() {
            all.push(Loop { name: VDIVPS_512, is_exact: true, quantize: division::avx512 });
        }
        if V3::is_available() {
            all.push(Loop { name: VDIVPS_256, is_exact: true, quantize: division::avx2 });
        }
    }
    all.push(Loop { name: "plain loop, division", is_exact: true, quantize: loops::divide });
    all.push(Loop { name: "plain loop, reciprocal", is_exact: false, quantize: loops::multiply });
    all
}
