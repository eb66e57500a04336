//! The caller's scale: q = clamp(round_half_even(x / scale), -127, 127), all checks on.

mod common;

use std::hint::black_box;

use absmax::QuantParams;
use common::Input;
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

fn bench<T: Input>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x: Vec<T> = common::input(elements);
        let params = QuantParams::symmetric(absmax::abs_max(&x) / 127.0).unwrap();
        let mut q = vec![0; elements];
        for (backend_name, backend) in common::backends(elements) {
            backend.quantize_with(&x, params, &mut q).unwrap();
            common::check(&x, params, &q);
            let name = format!("quantize_with/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, size_of_val(&x[..])).bench_function(
                common::size_name(elements),
                |b| {
                    b.iter(|| backend.quantize_with(black_box(&x), params, &mut q));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
