//! Equal bits on every number of threads, in every pool, at every alignment.

mod common;

use absmax_proof::checks;
use common::{holds, in_strides};

#[test]
fn threads_and_alignment_change_nothing() {
    holds(checks::THREADS);
}

#[test]
fn neither_do_prefetches_and_streaming_stores() {
    if in_strides() {
        println!("left out: it takes half a gigabyte, which is too much for a run in strides");
    } else {
        holds(checks::HUGE_TENSORS);
    }
}

/// Of a thread of the caller's own, and one of many.
#[cfg(feature = "rayon")]
#[test]
fn the_caller_s_own_pool_is_used() {
    use absmax::{Backend, QuantizedMut, RowsMut, Scheme};

    let x: Vec<f32> = (0..3 * (1 << 19) + 12_345).map(|i| (i % 1009) as f32 - 500.0).collect();
    let mut expected = vec![0; x.len()];
    let scale = Backend::best().with_threads(1).quantize_into(&x, &mut expected).unwrap();
    assert_eq!(scale, 508.0 / 127.0);
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut q = vec![0; x.len()];
        let shape = [x.len()];
        let view = absmax::TensorView::new(&x, &shape).unwrap();
        let (mut scale, integers) = ([0.0], RowsMut::new(&mut q, 1, x.len()).unwrap());
        let out = QuantizedMut::new(integers).with_scales(&mut scale);
        pool.install(|| Backend::best().quantize_tensor_into(Scheme::int8(), view, out)).unwrap();
        assert!(q == expected, "{threads} threads");
    }
}
