//! One scale for each row of 4096: per-token activations.

mod common;

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Once;

use absmax::{Backend, Element, QuantParams, QuantizedMut, Rows, RowsMut, Scheme, reference};
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

/// Elements of a row.
const ROW: usize = 4096;

fn quantize<T: Element>(
    backend: Backend,
    x: &[T],
    q: &mut [i8],
    scales: &mut [f32],
) -> absmax::Result<()> {
    let rows = x.len() / ROW;
    let out = QuantizedMut::new(RowsMut::new(q, rows, ROW)?).with_scales(scales);
    backend.quantize_rows(Scheme::int8().per_channel(0), Rows::new(x, rows, ROW)?, out)
}

fn bench<T: Element>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x = LazyCell::new(|| common::input::<T>(elements));
        let (mut q, mut scales) = (vec![0; elements], vec![0.0; elements / ROW]);
        for (backend_name, backend) in common::backends(elements) {
            let check = Once::new();
            let name = format!("quantize_rows/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, elements * size_of::<T>()).bench_function(
                common::size_name(elements),
                |b| {
                    let x = &x[..];
                    check.call_once(|| {
                        quantize(backend, x, &mut q, &mut scales).unwrap();
                        for ((x, q), scale) in x.chunks(ROW).zip(q.chunks(ROW)).zip(&scales) {
                            assert_eq!(scale.to_bits(), (reference::abs_max(x) / 127.0).to_bits());
                            common::check(x, QuantParams::symmetric(*scale).unwrap(), q);
                        }
                    });
                    let q = black_box(&mut q[..]);
                    b.iter(|| quantize(backend, black_box(x), q, &mut scales));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
