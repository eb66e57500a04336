//! The same bits on every number of threads, in every pool, at every alignment.

mod common;

use absmax::{Backend, Packing, QuantParams, QuantizedTensor, Quantizer, Scheme, TensorView};
use common::Random;

/// More than the threads share out: several chunks and a ragged one, starting at an odd offset.
const LEN: usize = 3 * (1 << 19) + 12_345;

fn data() -> Vec<f32> {
    let mut random = Random(3);
    (0..LEN).map(|_| random.unit() * random.unit() * 50.0).collect()
}

#[derive(Debug, PartialEq)]
struct Results {
    abs_max: u32,
    scale: u32,
    q: Vec<i8>,
    with: Vec<i8>,
    x: Vec<u32>,
    tensors: Vec<QuantizedTensor>,
    fake: Vec<f32>,
    packed: Vec<u8>,
    min_max: Option<(f32, f32)>,
    stats: absmax::ErrorStats,
}

fn all(backend: Backend, x: &[f32]) -> Results {
    let params = QuantParams::symmetric(0.25).unwrap();
    let mut q = vec![0; x.len()];
    let scale = backend.quantize_into(x, &mut q).unwrap().to_bits();
    let mut with = vec![0; x.len()];
    backend.quantize_with(x, params, &mut with).unwrap();
    let mut y = vec![0.0; x.len()];
    backend.dequantize_into(&with, params, &mut y).unwrap();
    let shape = [x.len() / 1000, 1000];
    let view = TensorView::new(&x[..shape[0] * 1000], &shape).unwrap();
    let quantized = |scheme| Quantizer::new(scheme).backend(backend).quantize(view).unwrap();
    let mut fake = vec![0.0; x.len()];
    backend.fake_quantize_into(x, params, &mut fake).unwrap();
    let packing = Packing::bytes(8).unwrap();
    let mut packed = vec![0; x.len()];
    backend.pack_into(&q, x.len(), packing, &mut packed).unwrap();
    Results {
        abs_max: backend.abs_max(x).to_bits(),
        scale,
        q,
        with,
        stats: backend.error_stats(x, &y).unwrap(),
        x: y.into_iter().map(f32::to_bits).collect(),
        tensors: vec![
            quantized(Scheme::int8().per_channel(0)),
            quantized(Scheme::int8().per_channel(1)),
            quantized(Scheme::uint8()),
            quantized(Scheme::uint8().per_channel(1)),
            quantized(Scheme::int4().per_group(100).unwrap()),
            quantized(Scheme::int4().per_group(64).unwrap()),
        ],
        fake,
        packed,
        min_max: backend.min_max(x),
    }
}

#[test]
fn threads_and_alignment_change_nothing() {
    let data = data();
    for offset in [0, 1, 7] {
        let x = &data[offset..];
        let expected = all(Backend::best().threads(1), x);
        for threads in [1, 2, 3, 7] {
            for backend in Backend::available() {
                let found = all(backend.threads(threads), x);
                assert!(found == expected, "{} on {threads} threads", backend.isa());
            }
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn the_caller_s_own_pool_is_used() {
    let x = data();
    let expected = all(Backend::best().threads(1), &x);
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| all(Backend::best(), &x)) == expected, "{threads} threads");
    }
}
