//! Operations on tensors, wrong on purpose.

use absmax::{Error, QuantParams, QuantizedTensor, Result, Scheme, reference};

use super::slice::{by_product, by_quotient, min_max};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input};

/// Computes products instead of quotients, and of several values that are not finite names the last
/// instead of the first.
pub(crate) fn quantize_tensor<T: Input, Q: Byte>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
    q: &mut [Q],
    scales: &mut [f32],
    zero_points: &mut [i32],
) -> Result<()> {
    if let Some(index) = x.iter().rposition(|x| !x.wide().is_finite()) {
        return Err(Error::NotFinite { index, value: x[index].wide() });
    }
    let sets = expected::sets(shape, scheme);
    let mut limits = vec![None; scales.len()];
    for (&set, &x) in sets.iter().zip(x) {
        let x = x.wide();
        let (min, max) = limits[set].unwrap_or((x, x));
        limits[set] = min_max(&[min, max, x]);
    }
    let mut quantizers = Vec::with_capacity(scales.len());
    for (set, limits) in limits.into_iter().enumerate() {
        let (min, max) = limits.unwrap_or((0.0, 0.0));
        let params = expected::params(scheme, min, max)?;
        scales[set] = params.scale();
        if let Some(zero_point) = zero_points.get_mut(set) {
            *zero_point = params.zero_point();
        }
        quantizers.push(by_product(params));
    }
    for ((set, x), q) in sets.into_iter().zip(x).zip(q) {
        *q = Q::from_i32(quantizers[set](x.wide()));
    }
    Ok(())
}

/// Computes products instead of quotients, by the parameters that a tensor has.
pub(crate) fn quantize_tensor_with<T: Input, Q: Byte>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
    of: &Quantized<Q>,
) -> Vec<Q> {
    let quantizers: Vec<_> = of.params.iter().map(|&params| by_product(params)).collect();
    let value = |(set, x): (usize, &T)| Q::from_i32(quantizers[set](x.wide()));
    expected::sets(shape, scheme).into_iter().zip(x).map(value).collect()
}

/// Computes quotients instead of products.
pub(crate) fn dequantize_tensor<T: Input>(tensor: &QuantizedTensor, x: &mut [T]) -> Result<()> {
    let QuantizedTensor { data, shape, scales, zero_points, scheme } = tensor;
    let sets = expected::sets(shape, *scheme);
    for ((set, q), x) in sets.into_iter().zip(data.iter()).zip(x) {
        let zero_point = zero_points.get(set).copied().unwrap_or(0);
        let params = QuantParams::new(scales[set], zero_point, reference::integers(*scheme))?;
        *x = T::of(by_quotient(q, params));
    }
    Ok(())
}
