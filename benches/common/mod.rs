//! What the benchmarks share: inputs, sizes, ids, and the check that comes before any timing.
//!
//! Inputs are made, and answers checked, when a benchmark first runs: one that the filter leaves out
//! costs nothing.
#![allow(dead_code, reason = "every benchmark uses its own part")]

use std::time::Duration;

use absmax::{Backend, Element, QuantParams, reference};
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};

/// Elements: two in the caches near the core, one in the last, one in none. The largest only if
/// `ABSMAX_BENCH_LARGE` is set.
pub(crate) fn sizes() -> Vec<usize> {
    let large = std::env::var_os("ABSMAX_BENCH_LARGE").map(|_| 256 << 20);
    [4 << 10, 64 << 10, 1 << 20, 16 << 20].into_iter().chain(large).collect()
}

/// `4Ki`, `16Mi`.
pub(crate) fn size_name(elements: usize) -> String {
    if elements < 1 << 20 {
        format!("{}Ki", elements >> 10)
    } else {
        format!("{}Mi", elements >> 20)
    }
}

/// Every backend on one thread, and the best on all threads where the tensor is worth sharing out.
pub(crate) fn backends(elements: usize) -> Vec<(String, Backend)> {
    let single = Backend::available().map(|b| (b.isa().to_string(), b.with_threads(1)));
    let best = Backend::best();
    let shared = (elements >= 1 << 20).then(|| (format!("{}-all-threads", best.isa()), best));
    single.chain(shared).collect()
}

/// Values in [-1, 1), small ones more often.
pub(crate) fn input<T: Element>(elements: usize) -> Vec<T> {
    let mut state = 1u64;
    let mut unit = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    (0..elements).map(|_| T::from_f32(unit() * unit())).collect()
}

/// What `q` has to be.
pub(crate) fn check<T: Element>(x: &[T], params: QuantParams, q: &[i8]) {
    assert_eq!(x.len(), q.len());
    let right = |(x, q): (&T, &i8)| reference::quantize_one(*x, params) == i32::from(*q);
    assert!(x.iter().zip(q).all(right), "wrong answer: nothing to time");
}

/// A group with times that let the whole run end in minutes.
pub(crate) fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    bytes: usize,
) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_millis(600));
    group
}
