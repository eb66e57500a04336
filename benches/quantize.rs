//! Scale from the data, then q = clamp(round_half_even(x / scale), -127, 127).

mod common;

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Once;

use absmax::Element;
use absmax::{QuantParams, reference};
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

fn bench<T: Element>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x = LazyCell::new(|| common::input::<T>(elements));
        let mut q = vec![0; elements];
        for (backend_name, backend) in common::backends(elements) {
            let check = Once::new();
            let name = format!("quantize/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, elements * size_of::<T>()).bench_function(
                common::size_name(elements),
                |b| {
                    let x = &x[..];
                    check.call_once(|| {
                        let scale = backend.quantize_into(x, &mut q).unwrap();
                        assert_eq!(scale.to_bits(), (reference::abs_max(x) / 127.0).to_bits());
                        common::check(x, QuantParams::symmetric(scale).unwrap(), &q);
                    });
                    b.iter(|| backend.quantize_into(black_box(x), black_box(&mut q)));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
