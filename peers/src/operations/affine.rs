//! Measures affine u8: q = clamp(round_half_even(x / scale) + zero_point, 0, 255).

use std::cell::RefCell;
use std::hint::black_box;
use std::mem::MaybeUninit;

use absmax::{QuantParams, QuantizedMut, Rows, RowsMut, Scheme, reference};

use super::names::RTEN;
use super::run::Run;
use crate::contender::{Contender, exactly, nearly};
use crate::measure::Timings;
use crate::peers;

/// Measures with given parameters, or with parameters that are computed from the data.
pub(super) fn measure(run: &Run<'_>, given: bool) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let (min, max) = reference::min_max(&inputs[0]).unwrap_or((0.0, 0.0));
    let params = Scheme::uint8().params(min, max)?;
    let right: Vec<u8> =
        inputs[0].iter().map(|&x| reference::quantize_one(x, params) as u8).collect();
    let out = &RefCell::new(run.buffer(0u8));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| {
            let (x, q) = (black_box(&inputs[i][..]), &mut out.borrow_mut()[..]);
            if given {
                return backend.quantize_with_into(x, params, q);
            }
            let (mut scale, mut zero_point) = ([0.0], [0]);
            let out = QuantizedMut::new(RowsMut::new(q, 1, elements)?)
                .with_scales(&mut scale)
                .with_zero_points(&mut zero_point);
            backend.quantize_rows(Scheme::uint8(), Rows::new(x, 1, elements)?, out)
        };
        call(0)?;
        let exact = exactly(&name, &out.borrow(), &right)?;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
    }

    let mut q = run.buffer(MaybeUninit::uninit());
    let found = rten(&inputs[0], given.then_some(params), &mut q)?;
    let exact = nearly(RTEN, found.iter().map(|&q| q.into()), &right)?;
    all.push(Contender::new(RTEN, exact, move |i| {
        let _ = black_box(rten(black_box(&inputs[i]), given.then_some(params), &mut q));
    }));
    Ok(run.interleave(inputs.len(), all))
}

/// rten's quantize, after its min and max if no parameters are given.
fn rten<'a>(
    x: &[f32],
    given: Option<QuantParams>,
    q: &'a mut [MaybeUninit<u8>],
) -> absmax::Result<&'a mut [u8]> {
    let params = match given {
        Some(params) => params,
        None => {
            let (min, max) = peers::rten_min_max(x);
            Scheme::uint8().params(min, max)?
        }
    };
    Ok(peers::rten_affine(x, params.scale(), params.zero_point() as u8, q))
}
