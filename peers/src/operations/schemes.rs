//! Schemes beside each other and beside the format of other crates: groups, columns, packed int4 and
//! bf16.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{Backend, Element, Packing, Quantizer, Scheme, TensorView, reference};
use half::bf16;

use super::run::{INT8, PLAIN, Q8_0, ROW, ROWS, Run, VDIVPS_512, WIDE, right, scale_of};
use crate::contender::{Contender, Exact, exactly};
use crate::measure::Timings;
use crate::{loops, peers};

/// The values of a group.
const GROUP: usize = 32;

/// Elements of the panels in which integers are packed: they are still in the cache.
const PANEL: usize = 32 * ROW;

/// A tensor of rows, quantized as the scheme says into buffers of the right size.
fn call<T: Element>(
    backend: Backend,
    scheme: Scheme,
    x: &[T],
    q: &mut [i8],
    scales: &mut [f32],
) -> absmax::Result<()> {
    let shape = [x.len() / ROW, ROW];
    let quantizer = Quantizer::new(scheme).backend(backend);
    quantizer.quantize_into(TensorView::new(x, &shape)?, q, scales, &mut [])
}

/// Groups of 32 beside a hand-written loop and candle's format of them.
pub(super) fn groups(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let mut expected = Vec::with_capacity(elements);
    for x in inputs[0].chunks(GROUP) {
        expected.extend(right(x, scale_of(x))?);
    }
    let scheme = Scheme::int8().per_group(GROUP)?;
    let out = &RefCell::new((run.buffer(0i8), vec![0.0; elements / GROUP]));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| {
            let (q, scales) = &mut *out.borrow_mut();
            call(backend, scheme, black_box(&inputs[i]), q, scales)
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
    let mut blocks = peers::candle_blocks(elements);
    all.push(Contender::new(Q8_0, Exact::Other, move |i| {
        peers::candle_quantize(black_box(&inputs[i]), black_box(&mut blocks));
    }));
    Ok(run.interleave(inputs.len(), all))
}

/// Scales for each column beside scales for each row.
pub(super) fn columns(run: &Run<'_>) -> anyhow::Result<Timings> {
    let out = RefCell::new((run.buffer(0i8), vec![0.0; ROW.max(run.elements() / ROW)]));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let column = Scheme::int8().per_channel(1);
        all.push(own(run, name.clone(), backend, column, &out)?);
        if name == super::ABSMAX {
            all.push(own(run, ROWS.to_owned(), backend, Scheme::int8().per_channel(0), &out)?);
        }
    }
    Ok(run.interleave(run.inputs.len(), all))
}

type Out = RefCell<(crate::buffer::Buffer<i8>, Vec<f32>)>;

/// absmax by a scheme; its answer is compared with the reference.
fn own<'a>(
    run: &'a Run<'_>,
    name: String,
    backend: Backend,
    scheme: Scheme,
    out: &'a Out,
) -> anyhow::Result<Contender<'a>> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let count = Quantizer::new(scheme).scale_count(&[elements / ROW, ROW])?;
    let call = move |i: usize| {
        let (q, scales) = &mut *out.borrow_mut();
        call(backend, scheme, black_box(&inputs[i]), q, &mut scales[..count])
    };
    call(0)?;
    let out = out.borrow();
    let by_column = scheme.granularity() == Scheme::int8().per_channel(1).granularity();
    let set = |i: usize| if by_column { i % ROW } else { i / ROW };
    let mut expected = Vec::with_capacity(elements);
    for (i, &x) in inputs[0].iter().enumerate() {
        let params = scheme.with_scale(out.1[set(i)], 0)?;
        expected.push(reference::quantize_one(x, params) as i8);
    }
    let exact = exactly(&name, &out.0, &expected)?;
    Ok(Contender::new(name, exact, move |i| {
        let _ = black_box(call(i));
    }))
}

/// int4 packed panel by panel beside int8.
pub(super) fn packed(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let out = &RefCell::new((run.buffer(0i8), vec![0.0; elements / ROW]));
    let packed = &RefCell::new(run.buffer(0u8));
    let (int8, int4) = (Scheme::int8().per_channel(0), Scheme::int4().per_channel(0));
    let packing = Packing::words(4)?;
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| -> absmax::Result<()> {
            let (q, scales) = &mut *out.borrow_mut();
            let packed = &mut packed.borrow_mut()[..elements / 2];
            let panels = black_box(&inputs[i]).chunks(PANEL).zip(packed.chunks_mut(PANEL / 2));
            for ((x, packed), scales) in panels.zip(scales.chunks_mut(PANEL / ROW)) {
                let q = &mut q[..x.len()];
                call(backend, int4, x, q, scales)?;
                backend.pack_into(q, ROW, packing, packed)?;
            }
            Ok(())
        };
        call(0)?;
        let mut unpacked = vec![0i8; elements];
        backend.unpack_into(&packed.borrow()[..elements / 2], ROW, packing, &mut unpacked)?;
        let mut right = vec![0i8; elements];
        let mut scales = vec![0.0; elements / ROW];
        self::call(Backend::best(), int4, &inputs[0], &mut right, &mut scales)?;
        let exact = exactly(&name, &unpacked, &right)?;
        let is_best = name == super::ABSMAX;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
        if is_best {
            all.push(own(run, INT8.to_owned(), backend, int8, out)?);
        }
    }
    Ok(run.interleave(inputs.len(), all))
}

/// bf16 beside f32: the same number of values.
pub(super) fn narrow(run: &Run<'_>) -> anyhow::Result<Timings> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let narrow: Vec<bf16> = inputs[0].iter().map(|&x| bf16::from_f32(x)).collect();
    let narrow: &Vec<Vec<bf16>> = &inputs.iter().map(|_| narrow.clone()).collect();
    let out = &RefCell::new((run.buffer(0i8), vec![0.0; elements / ROW]));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let call = move |i: usize| {
            let (q, _) = &mut *out.borrow_mut();
            backend.quantize_into(black_box(&narrow[i]), q)
        };
        let params = absmax::QuantParams::symmetric(call(0)?)?;
        let right: Vec<i8> =
            narrow[0].iter().map(|&x| reference::quantize_one(x, params) as i8).collect();
        let exact = exactly(&name, &out.borrow().0, &right)?;
        let is_best = name == super::ABSMAX;
        all.push(Contender::new(name, exact, move |i| {
            let _ = black_box(call(i));
        }));
        if is_best {
            let call = move |i: usize| {
                backend.quantize_into(black_box(&inputs[i]), &mut out.borrow_mut().0)
            };
            all.push(Contender::new(WIDE, Exact::Yes, move |i| {
                let _ = black_box(call(i));
            }));
        }
    }
    Ok(run.interleave(inputs.len(), all))
}
