//! What the reference says about slices and tensors: one element after another, in the plainest way.

use absmax::{Element, Error, Granularity, QuantParams, Result, Scheme, reference};

/// Quantized values and scales.
#[derive(Clone, Debug, Default)]
pub(super) struct Quantized {
    pub(super) q: Vec<i8>,
    pub(super) scales: Vec<f32>,
}

/// The values by the caller's scale.
pub(super) fn quantize_with<T: Element>(x: &[T], params: QuantParams) -> Vec<i8> {
    x.iter().map(|&x| reference::quantize_one(x, params) as i8).collect()
}

/// The products with the scale.
pub(super) fn dequantize(q: &[i8], params: QuantParams) -> Vec<f32> {
    q.iter().map(|&q| reference::dequantize_one(q, params)).collect()
}

/// A slice by its own scale.
pub(super) fn quantize<T: Element>(x: &[T]) -> Result<Quantized> {
    quantize_tensor(x, &[x.len()], Scheme::int8())
}

/// A tensor by its own scales.
pub(super) fn quantize_tensor<T: Element>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
) -> Result<Quantized> {
    for (index, value) in x.iter().map(|x| x.to_f32()).enumerate() {
        if !value.is_finite() {
            return Err(Error::NotFinite { index, value });
        }
    }
    let (count, inner) = channels(shape, scheme);
    let mut channels = vec![Vec::new(); count];
    for (i, &x) in x.iter().enumerate() {
        channels[i / inner % count].push(x);
    }
    let scale_type = scheme.stored_scale_type();
    let mut params = Vec::new();
    for (set, values) in channels.iter().enumerate() {
        let abs_max = reference::abs_max(values);
        let (scale, zero_point) = reference::choose(-abs_max, abs_max, scheme);
        if scale.is_infinite() {
            let (min, max) = (-abs_max, abs_max);
            return Err(Error::ScaleOverflow { set, min, max, scale_type });
        }
        params.push(scheme.with_scale(scale, zero_point)?);
    }
    let quantize =
        |(i, &x): (usize, &T)| reference::quantize_one(x, params[i / inner % count]) as i8;
    Ok(Quantized {
        q: x.iter().enumerate().map(quantize).collect(),
        scales: params.iter().map(|params| params.scale()).collect(),
    })
}

/// How many channels a tensor has, and how many consecutive values belong to the same one. The axis
/// is one of the shape's.
pub(super) fn channels(shape: &[usize], scheme: Scheme) -> (usize, usize) {
    match scheme.granularity() {
        Granularity::PerTensor => (1, shape.iter().product()),
        Granularity::PerGroup { size } => {
            (shape.iter().product::<usize>() / size.get(), size.get())
        }
        Granularity::PerChannel { axis } => {
            let rank = shape.len();
            let axis = if axis < 0 { rank - axis.unsigned_abs() } else { axis.unsigned_abs() };
            (shape[axis], shape[axis + 1..].iter().product())
        }
    }
}
