//! max |x|.

mod common;

use std::hint::black_box;

use absmax::reference;
use common::Input;
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

fn bench<T: Input>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x: Vec<T> = common::input(elements);
        let right = reference::abs_max(&x);
        for (backend_name, backend) in common::backends(elements) {
            assert_eq!(backend.abs_max(&x), right);
            let name = format!("abs_max/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, size_of_val(&x[..])).bench_function(
                common::size_name(elements),
                |b| {
                    b.iter(|| backend.abs_max(black_box(&x)));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
