//! The control: what libraries commonly do, wrong in one way for each operation. A check that does
//! not tell it from the reference proves nothing.

use absmax::{Element, Error, QuantParams, Result, Scheme};

use super::expected;

/// A floating-point maximum loses a NaN.
pub(super) fn abs_max<T: Element>(x: &[T]) -> f32 {
    x.iter().map(|x| x.to_f32().abs()).fold(0.0, |peak, x| if x > peak { x } else { peak })
}

/// The product with 1 / scale is not the quotient by the scale.
pub(super) fn quantize_with<T: Element>(x: &[T], params: QuantParams, q: &mut [i8]) {
    let by_product = by_product(params);
    for (x, q) in x.iter().zip(q) {
        *q = by_product(x.to_f32());
    }
}

fn by_product(params: QuantParams) -> impl Fn(f32) -> i8 {
    let inverse = 1.0 / params.scale();
    let (qmin, qmax) = (params.qmin() as f32, params.qmax() as f32);
    move |x| (x * inverse).round_ties_even().clamp(qmin, qmax) as i8
}

/// Nor is the quotient by 1 / scale the product with the scale.
pub(super) fn dequantize_into(q: &[i8], params: QuantParams, x: &mut [f32]) {
    let inverse = 1.0 / params.scale();
    for (q, x) in q.iter().zip(x) {
        *x = f32::from(*q) / inverse;
    }
}

/// Products instead of quotients, and of several values that are not finite the last instead of the
/// first.
pub(super) fn quantize_tensor<T: Element>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
    q: &mut [i8],
    scales: &mut [f32],
) -> Result<()> {
    if let Some(index) = x.iter().rposition(|x| !x.to_f32().is_finite()) {
        return Err(Error::NotFinite { index, value: x[index].to_f32() });
    }
    let (count, inner) = expected::channels(shape, scheme);
    let mut peaks = vec![0.0f32; count];
    for (i, x) in x.iter().enumerate() {
        let peak = &mut peaks[i / inner % count];
        *peak = abs_max(&[*peak, x.to_f32()]);
    }
    let mut channels = Vec::with_capacity(count);
    for (peak, scale) in peaks.into_iter().zip(scales) {
        let params = scheme.params(-peak, peak)?;
        *scale = params.scale();
        channels.push(by_product(params));
    }
    for (i, (x, q)) in x.iter().zip(q).enumerate() {
        *q = channels[i / inner % count](x.to_f32());
    }
    Ok(())
}
