//! Finds parameters that cut off the largest values.

use absmax::{Backend, Element, ErrorStats, QuantParams, Scheme};

use crate::scheme::Clip;

/// The parameters of weights that are all in memory. [`Clip::Mse`] compares errors that are
/// estimated from a histogram. With few weights in many bits they may mislead, so the clip has to
/// prove itself on the weights.
pub(super) fn clipped_params<T: Element>(
    clip: Clip,
    backend: Backend,
    x: &[T],
    scheme: Scheme,
) -> absmax::Result<QuantParams> {
    let params = |clip: Clip| {
        let mut observer = clip.observer()?;
        backend.observe(&mut observer, x)?;
        observer.params(scheme)
    };
    if clip != Clip::Mse {
        return params(clip);
    }
    let [whole, clipped] = [params(Clip::None)?, params(Clip::Mse)?];
    let (mut q, mut y) = (Vec::new(), Vec::new());
    let mut mse = |params| Ok(approximate(backend, x, params, &mut q, &mut y)?.mse());
    Ok(if clipped != whole && mse(clipped)? < mse(whole)? { clipped } else { whole })
}

/// Quantizes and dequantizes into buffers that grow to fit, and returns the error.
pub(super) fn approximate<T: Element>(
    backend: Backend,
    x: &[T],
    params: QuantParams,
    q: &mut Vec<i8>,
    y: &mut Vec<f32>,
) -> absmax::Result<ErrorStats> {
    q.resize(x.len(), 0);
    y.resize(x.len(), 0.0);
    backend.quantize_with_into(x, params, q)?;
    backend.dequantize_into(q, params, y)?;
    backend.error_stats(x, y)
}
