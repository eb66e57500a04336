//! NaN and infinities stop the run and are named: tensor, index in each dimension, value.

use safetensors::Dtype;

use crate::common::{Model, Tensor, quantize};

#[test]
fn the_first_is_named() {
    let shape = [300, 1000];
    let clean = Tensor::random(Dtype::F32, &shape);
    // By turns: every value comes with each of them, at every place with three.
    let ways = [("channel", "1"), ("tensor", "3"), ("channel", "3"), ("tensor", "1")];
    let mut ways = ways.into_iter().cycle();
    for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
        for (row, column) in [(0, 0), (0, 999), (131, 17), (299, 999)] {
            for (value, shown) in
                [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")]
            {
                let index = row * 1000 + column;
                // A later one, in the last slab, is not the one to be named.
                let tensor = Tensor::random(dtype, &shape)
                    .with(shape[0] * shape[1] - 1, f32::NAN)
                    .with(index, value);
                let tensors = [("a.proj.weight", clean.clone()), ("b.proj.weight", tensor)];
                let model = Model::new().weights("model.safetensors", &tensors);
                let (granularity, threads) = ways.next().unwrap();
                let options = ["--granularity", granularity, "--threads", threads];
                quantize(&model.source(), &model.out(), &options).failed_with(&[
                    "model.safetensors",
                    &format!("tensor b.proj.weight has {shown} at [{row}, {column}]"),
                    "--ignore b.proj",
                ]);
                assert!(!model.out().exists());
            }
        }
    }
}

#[test]
fn ignored_and_kept_tensors_may_hold_any_bits() {
    let nan = Tensor::random(Dtype::F32, &[4, 4]).with(5, f32::NAN);
    let model = Model::new().weights(
        "model.safetensors",
        &[
            ("a.proj.weight", Tensor::random(Dtype::F32, &[4, 4])),
            ("b.proj.weight", nan.clone()),
            ("embed.weight", nan),
        ],
    );
    quantize(&model.source(), &model.out(), &["--ignore", "b.proj"]).succeeded();
}
