//! Operations on values that share one scale, chunk by chunk.

use super::parallel::{self, CHUNK};
use crate::kernel::{
    AbsMax, Dequantize, FakeQuantize, FakeQuantizeInPlace, MinMax, Quantize, Traffic,
};
use crate::limits::Limits;
use crate::simd::Value;
use crate::{Backend, QuantParams};

/// The largest |x|. It is NaN if a value is NaN, and 0 if there are no values.
pub(crate) fn abs_max<T: Value>(backend: Backend, x: &[T]) -> f32 {
    let traffic = Traffic::read(size_of_val(x));
    let see = |peak: &mut u32, x| *peak = backend.run(AbsMax { x, traffic }).max(*peak);
    let threads = backend.threads();
    let peak = parallel::fold(x.chunks(CHUNK), x.len(), threads, || 0, see, u32::max);
    T::from_magnitude_bits(peak)
}

/// The limits of `x`. If `symmetric`, only the magnitudes matter. The limits of no values are those
/// of a single 0.
pub(crate) fn limits<T: Value>(backend: Backend, x: &[T], symmetric: bool) -> Limits {
    if symmetric || x.is_empty() {
        return Limits::symmetric(abs_max(backend, x));
    }
    let traffic = Traffic::read(size_of_val(x));
    let new = || Limits::NOTHING;
    let see = |seen: &mut Limits, x| *seen = seen.merge(backend.run(MinMax { x, traffic }));
    let threads = backend.threads();
    parallel::fold(x.chunks(CHUNK), x.len(), threads, new, see, Limits::merge)
}

/// Quantizes from the last chunk to the first. If the data have just been read for their range,
/// their end is still in the cache. Returns the sum of the integers, or 0 if they are not added up.
#[inline(always)]
pub(crate) fn quantize<T: Value>(backend: Backend, all: Quantize<'_, T>) -> i32 {
    if all.x.len() <= CHUNK {
        return backend.run(all);
    }
    let Quantize { x, params, known, traffic, unsigned, sum, q } = all;
    let chunks = x.chunks(CHUNK).zip(q.chunks_mut(CHUNK)).rev();
    let add = |total: &mut i32, (x, q)| {
        let chunk = Quantize { x, params, known, traffic, unsigned, sum, q };
        *total = total.wrapping_add(backend.run(chunk));
    };
    parallel::fold(chunks, x.len(), backend.threads(), || 0, add, i32::wrapping_add)
}

/// Dequantizes chunk by chunk.
pub(crate) fn dequantize<T: Value>(backend: Backend, all: Dequantize<'_, T>) {
    let Dequantize { q, unsigned, scale, zero_point, traffic, x } = all;
    let chunks = q.chunks(CHUNK).zip(x.chunks_mut(CHUNK));
    parallel::for_each(chunks, q.len(), backend.threads(), |(q, x)| {
        backend.run(Dequantize { q, unsigned, scale, zero_point, traffic, x });
    });
}

/// Quantizes and dequantizes chunk by chunk.
pub(crate) fn fake_quantize<T: Value>(backend: Backend, all: FakeQuantize<'_, T>) {
    let FakeQuantize { x, params, traffic, y } = all;
    let chunks = x.chunks(CHUNK).zip(y.chunks_mut(CHUNK));
    parallel::for_each(chunks, x.len(), backend.threads(), |(x, y)| {
        backend.run(FakeQuantize { x, params, traffic, y });
    });
}

/// Quantizes and dequantizes in place, chunk by chunk.
pub(crate) fn fake_quantize_in_place<T: Value>(backend: Backend, x: &mut [T], params: QuantParams) {
    let (elements, threads) = (x.len(), backend.threads());
    parallel::for_each(x.chunks_mut(CHUNK), elements, threads, |x| {
        backend.run(FakeQuantizeInPlace { x, params });
    });
}
