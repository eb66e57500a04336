//! Measures rows by every preset of arithmetic, beside exact ones.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{Arithmetic, Backend, Integer, QuantizedMut, Range, Rows, RowsMut, Scheme, reference};

use super::names::ABSMAX;
use super::run::Run;
use super::tensor::ROW;
use crate::buffer::Buffer;
use crate::contender::{Contender, exactly};
use crate::measure::Timings;

/// Where all contenders put their results.
struct To {
    q: Buffer<i8>,
    scales: Vec<f32>,
    zero_points: Vec<i32>,
}

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let rows = run.elements() / ROW;
    let to =
        &RefCell::new(To { q: run.buffer(0), scales: vec![0.0; rows], zero_points: vec![0; rows] });
    let mut all = Vec::new();
    for (name, by) in Arithmetic::PRESETS {
        for (scheme, words) in [
            (Scheme::int8(), "symmetric"),
            (Scheme::int8().with_range(Range::Full), "full range"),
            (Scheme::uint8(), "affine u8"),
            (Scheme::int8().affine(), "affine i8"),
        ] {
            let scheme = scheme.per_channel(0);
            if by.schemes.contains(scheme) {
                let name = if name == "exact" { ABSMAX } else { name };
                let name = format!("{name}, {words}");
                all.push(if scheme.is_unsigned() {
                    contender::<u8>(name, run, to, (scheme, by))?
                } else {
                    contender::<i8>(name, run, to, (scheme, by))?
                });
            }
        }
    }
    Ok(run.interleave(run.inputs.len(), all))
}

fn contender<'a, Q: Integer + bytemuck::Pod>(
    name: String,
    run: &'a Run<'_>,
    to: &'a RefCell<To>,
    (scheme, by): (Scheme, Arithmetic),
) -> anyhow::Result<Contender<'a>> {
    let backend = Backend::best().with_threads(run.conditions.threads);
    let (inputs, rows) = (&run.inputs, run.elements() / ROW);
    let call = move |i: usize| -> absmax::Result<()> {
        let To { q, scales, zero_points } = &mut *to.borrow_mut();
        let q: &mut [Q] = bytemuck::must_cast_slice_mut(q);
        let out = QuantizedMut::new(RowsMut::new(q, rows, ROW)?).with_scales(scales);
        let zero_points = if scheme.is_symmetric() { &mut [][..] } else { zero_points };
        let out = out.with_zero_points(zero_points);
        let x = Rows::new(black_box(&inputs[i][..]), rows, ROW)?;
        backend.by(by).quantize_rows(scheme, x, out)
    };
    call(0)?;
    let mut right = vec![Q::zeroed(); run.elements()];
    for (x, q) in inputs[0].chunks(ROW).zip(right.chunks_mut(ROW)) {
        reference::quantize_group(x, scheme, by, q)?;
    }
    let exact = exactly(&name, &to.borrow().q, bytemuck::must_cast_slice(&right))?;
    Ok(Contender::new(name, exact, move |i| {
        let _ = black_box(call(i));
    }))
}
