//! max |x|.

mod common;

use std::cell::LazyCell;
use std::hint::black_box;
use std::sync::Once;

use absmax::Element;
use absmax::reference;
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

fn bench<T: Element>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x = LazyCell::new(|| common::input::<T>(elements));
        let right = LazyCell::new(|| reference::abs_max(&x));
        for (backend_name, backend) in common::backends(elements) {
            let check = Once::new();
            let name = format!("abs_max/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, elements * size_of::<T>()).bench_function(
                common::size_name(elements),
                |b| {
                    let x = &x[..];
                    check.call_once(|| {
                        assert_eq!(backend.abs_max(x).to_bits(), right.to_bits());
                    });
                    b.iter(|| backend.abs_max(black_box(x)));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
