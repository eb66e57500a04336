//! Operations on many values in a row that share one scale. They are divided among threads here,
//! with the caller's among them: the kernels would leave the caller's thread waiting.

use std::sync::{Mutex, PoisonError};

use absmax::{Backend, Element, Integer, QuantParams, Scheme};

use crate::pool::{PIECE, Threads};

/// Quantizes by the parameters of the values, which are returned. Nothing is written and nothing is
/// returned if there are none, as where a value is not finite: the kernels find out why.
pub(crate) fn quantize<T: Element, Q: Integer>(
    threads: Threads,
    scheme: Scheme,
    x: &[T],
    q: &mut [Q],
) -> Option<QuantParams> {
    let limits = |backend: Backend, x: &[T]| {
        if scheme.is_symmetric() {
            let peak = backend.abs_max(x);
            (-peak, peak)
        } else {
            backend.min_max(x).unwrap_or((0.0, 0.0))
        }
    };
    let all = Mutex::new(Vec::new());
    threads.each(x.chunks(PIECE), |backend, x| {
        let limits = limits(backend, x);
        all.lock().unwrap_or_else(PoisonError::into_inner).push(limits);
    });
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    if all.iter().any(|(min, max)| !min.is_finite() || !max.is_finite()) {
        return None;
    }
    let least = all.iter().map(|&(min, _)| min).min_by(f32::total_cmp)?;
    let largest = all.iter().map(|&(_, max)| max).max_by(f32::total_cmp)?;
    let params = scheme.params(least, largest).ok()?;
    quantize_with(threads, params, x, q);
    Some(params)
}

/// Quantizes by given parameters, which fit the integers.
pub(crate) fn quantize_with<T: Element, Q: Integer>(
    threads: Threads,
    params: QuantParams,
    x: &[T],
    q: &mut [Q],
) {
    threads.each(x.chunks(PIECE).zip(q.chunks_mut(PIECE)), |backend, (x, q)| {
        let done = backend.quantize_with_into(x, params, q);
        debug_assert_eq!(done, Ok(()));
    });
}

/// Dequantizes.
pub(crate) fn dequantize<Q: Integer, T: Element>(
    threads: Threads,
    params: QuantParams,
    q: &[Q],
    x: &mut [T],
) {
    threads.each(q.chunks(PIECE).zip(x.chunks_mut(PIECE)), |backend, (q, x)| {
        let done = backend.dequantize_into(q, params, x);
        debug_assert_eq!(done, Ok(()));
    });
}

/// Quantizes and dequantizes.
pub(crate) fn fake_quantize<T: Element>(
    threads: Threads,
    params: QuantParams,
    x: &[T],
    y: &mut [T],
) {
    threads.each(x.chunks(PIECE).zip(y.chunks_mut(PIECE)), |backend, (x, y)| {
        let done = backend.fake_quantize_into(x, params, y);
        debug_assert_eq!(done, Ok(()));
    });
}
