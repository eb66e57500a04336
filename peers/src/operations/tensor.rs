//! Quantizes a tensor of rows with absmax, as a scheme says.

use std::cell::RefCell;
use std::hint::black_box;

use absmax::{Backend, Element, QuantizedMut, Rows, RowsMut, Scheme, reference};

use super::run::Run;
use crate::buffer::Buffer;
use crate::contender::{Contender, exactly};

/// The length of a row, which has the activations of a token.
pub(crate) const ROW: usize = 4096;

/// Where the contenders of one operation put their integers and scales.
pub(super) type Out = RefCell<(Buffer<i8>, Vec<f32>)>;

/// Quantizes rows of [`ROW`] values into buffers of the size that the scheme asks for.
pub(super) fn quantize<T: Element>(
    backend: Backend,
    scheme: Scheme,
    x: &[T],
    q: &mut [i8],
    scales: &mut [f32],
) -> absmax::Result<()> {
    let rows = x.len() / ROW;
    let out = QuantizedMut::new(RowsMut::new(q, rows, ROW)?).with_scales(scales);
    backend.quantize_rows(scheme, Rows::new(x, rows, ROW)?, out)
}

/// What every value has to become by the scales of its rows or columns, whichever the scheme has.
pub(super) fn right(scheme: Scheme, x: &[f32], scales: &[f32]) -> absmax::Result<Vec<i8>> {
    let by_column = scheme.granularity() == scheme.per_channel(1).granularity();
    let scale_of = |i: usize| scales[if by_column { i % ROW } else { i / ROW }];
    let one = |(i, &x)| {
        let params = scheme.params_of(scale_of(i), 0)?;
        Ok(reference::quantize_one(x, params) as i8)
    };
    x.iter().enumerate().map(one).collect()
}

/// A contender that is absmax, by a scheme that gives each row or each column a scale.
pub(super) fn contender<'a>(
    run: &'a Run<'_>,
    name: String,
    backend: Backend,
    scheme: Scheme,
    out: &'a Out,
) -> anyhow::Result<Contender<'a>> {
    let (inputs, elements) = (&run.inputs, run.elements());
    let count = scheme.scale_count(&[elements / ROW, ROW])?;
    let call = move |i: usize| {
        let (q, scales) = &mut *out.borrow_mut();
        quantize(backend, scheme, black_box(&inputs[i]), q, &mut scales[..count])
    };
    call(0)?;
    let out = out.borrow();
    let exact = exactly(&name, &out.0, &right(scheme, &inputs[0], &out.1)?)?;
    Ok(Contender::new(name, exact, move |i| {
        let _ = black_box(call(i));
    }))
}
