//! The caller's scale: q = clamp(round_half_even(x / scale), -127, 127), all checks on.

mod common;

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Once;

use absmax::Element;
use absmax::QuantParams;
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

fn bench<T: Element>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x = LazyCell::new(|| common::input::<T>(elements));
        let scale = LazyCell::new(|| absmax::abs_max(&x) / 127.0);
        let mut q = vec![0; elements];
        for (backend_name, backend) in common::backends(elements) {
            let check = Once::new();
            let name = format!("quantize_with/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, elements * size_of::<T>()).bench_function(
                common::size_name(elements),
                |b| {
                    let x = &x[..];
                    let params = QuantParams::symmetric(*scale).unwrap();
                    check.call_once(|| {
                        backend.quantize_with_into(x, params, &mut q).unwrap();
                        common::check(x, params, &q);
                    });
                    b.iter(|| backend.quantize_with_into(black_box(x), params, black_box(&mut q)));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
