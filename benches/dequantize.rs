//! x' = q * scale.

mod common;

use std::hint::black_box;

use absmax::{QuantParams, reference};
use criterion::{Criterion, criterion_group, criterion_main};

fn bench(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let (q, scale) = absmax::quantize(&common::input::<f32>(elements)).unwrap();
        let params = QuantParams::symmetric(scale).unwrap();
        let mut x = vec![0.0; elements];
        for (backend_name, backend) in common::backends(elements) {
            backend.dequantize_into(&q, params, &mut x).unwrap();
            let right = |(q, x): (&i8, &f32)| reference::dequantize_one(*q, params) == *x;
            assert!(q.iter().zip(&x).all(right), "wrong answer: nothing to time");
            let name = format!("dequantize/f32/{backend_name}");
            common::group(criterion, &name, q.len())
                .bench_function(common::size_name(elements), |b| {
                    b.iter(|| backend.dequantize_into(black_box(&q), params, &mut x))
                });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
