//! Scale from the data, then q = clamp(round_half_even(x / scale), -127, 127).

mod common;

use std::hint::black_box;

use absmax::QuantParams;
use common::Input;
use criterion::{Criterion, criterion_group, criterion_main};
use half::{bf16, f16};

fn bench<T: Input>(criterion: &mut Criterion) {
    for elements in common::sizes() {
        let x: Vec<T> = common::input(elements);
        let mut q = vec![0; elements];
        for (backend_name, backend) in common::backends(elements) {
            let scale = backend.quantize_into(&x, &mut q).unwrap();
            common::check(&x, QuantParams::symmetric(scale).unwrap(), &q);
            let name = format!("quantize/{}/{backend_name}", T::NAME);
            common::group(criterion, &name, size_of_val(&x[..])).bench_function(
                common::size_name(elements),
                |b| {
                    b.iter(|| backend.quantize_into(black_box(&x), &mut q));
                },
            );
        }
    }
}

criterion_group!(benches, bench::<f32>, bench::<f16>, bench::<bf16>);
criterion_main!(benches);
