//! x' = q * scale.

mod common;

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Once;

use absmax::{QuantParams, reference};
use criterion::{Criterion, criterion_group, criterion_main};

fn bench(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let input = LazyCell::new(|| absmax::quantize(&common::input::<f32>(elements)).unwrap());
        let mut x = vec![0.0; elements];
        for (backend_name, backend) in common::backends(elements) {
            let check = Once::new();
            let name = format!("dequantize/f32/{backend_name}");
            common::group(criterion, &name, elements).bench_function(
                common::size_name(elements),
                |b| {
                    let (q, scale) = &*input;
                    let params = QuantParams::symmetric(*scale).unwrap();
                    check.call_once(|| {
                        backend.dequantize_into(q, params, &mut x).unwrap();
                        let right = |(q, x): (&i8, &f32)| {
                            reference::dequantize_one(*q, params).to_bits() == x.to_bits()
                        };
                        assert!(q.iter().zip(&x).all(right), "wrong answer: nothing to time");
                    });
                    b.iter(|| backend.dequantize_into(black_box(q), params, black_box(&mut x)))
                },
            );
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
