//! The right answers, which all come from `absmax::reference`, one value at a time.

use absmax::{Element, QuantParams, reference};

/// The scale that a tensor's own range gives.
pub(super) fn scale_of(x: &[f32]) -> f32 {
    reference::abs_max(x) / 127.0
}

/// What every value has to become with given parameters of a signed integer.
pub(super) fn quantized<T: Element>(x: &[T], params: QuantParams) -> Vec<i8> {
    x.iter().map(|&x| reference::quantize_one(x, params) as i8).collect()
}

/// What every value has to become where every `len` values share the scale of their own range.
pub(super) fn quantized_apart(x: &[f32], len: usize) -> anyhow::Result<Vec<i8>> {
    let mut all = Vec::with_capacity(x.len());
    for x in x.chunks(len) {
        all.extend(quantized(x, QuantParams::symmetric(scale_of(x))?));
    }
    Ok(all)
}
