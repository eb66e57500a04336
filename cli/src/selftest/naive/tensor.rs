//! Tensors, wrong on purpose.

use absmax::{Element, Error, QuantizedTensor, Result, Scheme};

use super::slice::{by_product, by_quotient, min_max};
use crate::selftest::expected;
use crate::selftest::inputs::{Byte, Input};

/// Products instead of quotients, and of several values that are not finite the last instead of the
/// first.
pub(in crate::selftest) fn quantize_tensor<T: Element, Q: Byte>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
    q: &mut [Q],
    scales: &mut [f32],
    zero_points: &mut [i32],
) -> Result<()> {
    if let Some(index) = x.iter().rposition(|x| !x.to_f32().is_finite()) {
        return Err(Error::NotFinite { index, value: x[index].to_f32() });
    }
    let sets = expected::sets(shape, scheme);
    let mut limits = vec![None; scales.len()];
    for (&set, &x) in sets.iter().zip(x) {
        let x = x.to_f32();
        let (min, max) = limits[set].unwrap_or((x, x));
        limits[set] = min_max(&[min, max, x]);
    }
    let mut quantizers = Vec::with_capacity(scales.len());
    for (set, limits) in limits.into_iter().enumerate() {
        let (min, max) = limits.unwrap_or((0.0, 0.0));
        let params = scheme.params(min, max)?;
        scales[set] = params.scale();
        if let Some(zero_point) = zero_points.get_mut(set) {
            *zero_point = params.zero_point();
        }
        quantizers.push(by_product(params));
    }
    for ((set, x), q) in sets.into_iter().zip(x).zip(q) {
        *q = Q::from_i32(quantizers[set](x.to_f32()));
    }
    Ok(())
}

/// Quotients instead of products.
pub(in crate::selftest) fn dequantize_tensor<T: Input>(
    tensor: &QuantizedTensor,
    x: &mut [T],
) -> Result<()> {
    let QuantizedTensor { data, shape, scales, zero_points, scheme } = tensor;
    let sets = expected::sets(shape, *scheme);
    for ((set, q), x) in sets.into_iter().zip(data.iter()).zip(x) {
        let zero_point = zero_points.get(set).copied().unwrap_or(0);
        *x = T::from_f32(by_quotient(q, scheme.with_scale(scales[set], zero_point)?));
    }
    Ok(())
}
