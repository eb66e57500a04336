//! `--clip`: scales that do not reach the largest weights.

use absmax::{Scheme, reference};
use safetensors::Dtype;

use crate::common::{Model, Tensor, absmax, quantize, read_model};

const UP: &str = "model.layers.0.mlp.up_proj.weight";

/// One weight of 999 ones, give or take their signs, and a stray in each of two rows, the other way
/// in the second, and a third row without.
fn strays() -> Model {
    let rows = [[1000.0, -1.0], [-500.0, 1.0], [1.0, -1.0]];
    let values = rows.iter().flat_map(|&[first, rest]| {
        (0..1000).map(move |i| match i {
            0 => first,
            _ if i % 2 == 0 => rest,
            _ => -rest,
        })
    });
    let weight = Tensor::of(Dtype::F32, &[3, 1000], values);
    Model::new().weights("model.safetensors", &[(UP, weight)])
}

fn scales(model: &Model, options: &[&str]) -> Vec<f32> {
    quantize(&model.source(), &model.out(), &[options, &["--force"]].concat()).succeeded();
    let scales = &read_model(&model.out())[&format!("{UP}_scale")];
    scales.bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn scale_of(abs_max: f32) -> f32 {
    reference::choose(-abs_max, abs_max, Scheme::int8()).0
}

#[test]
fn a_percentile_of_the_weights_that_share_a_scale() {
    let model = strays();
    let channel = |clip| scales(&model, &["--clip", clip]);
    // The end of the histogram's bin that 1 is in.
    let one = 1.007_812_4;
    assert_eq!(channel("none"), [1000.0, 500.0, 1.0].map(scale_of));
    assert_eq!(channel("percentile=100"), [1000.0, 500.0, 1.0].map(scale_of));
    assert_eq!(channel("percentile=99.95"), [1000.0, 500.0, 1.0].map(scale_of));
    assert_eq!(channel("percentile=99.9"), [one, one, 1.0].map(scale_of));

    let tensor = |percentile| scales(&model, &["--granularity", "tensor", "--clip", percentile]);
    assert_eq!(tensor("percentile=99.99"), [1000.0].map(scale_of));
    assert_eq!(tensor("percentile=99.95"), [501.999_97].map(scale_of));
    assert_eq!(tensor("percentile=99.9"), [one].map(scale_of));

    let groups = scales(&model, &["--granularity", "group=500", "--clip", "percentile=99.8"]);
    assert_eq!(groups, [one, 1.0, one, 1.0, 1.0, 1.0].map(scale_of));
}

#[test]
fn the_error_is_never_larger_with_mse() {
    let model = Model::new().weights("model.safetensors", &Model::small_tensors(Dtype::BF16));
    let sizes = ["tensor", "channel", "group=8", "group=24"];
    for (scheme, more) in [("w8a8", ""), ("w4a16", ""), ("w4a16", "--asymmetric")] {
        for granularity in sizes {
            if scheme == "w8a8" && granularity.starts_with("group") {
                continue;
            }
            let mse = |clip| {
                let mut options =
                    vec!["--scheme", scheme, "--granularity", granularity, "--clip", clip];
                options.extend(["--force", "--json"]);
                options.extend((!more.is_empty()).then_some(more));
                let json = quantize(&model.source(), &model.out(), &options).succeeded().json();
                assert_eq!(json["clip"], clip);
                let tensors = json["tensors"].as_array().unwrap();
                let weight = tensors.iter().find(|t| t["quantized"] == true).unwrap();
                weight["mse"].as_f64().unwrap()
            };
            let (none, clipped) = (mse("none"), mse("mse"));
            assert!(clipped <= none, "{scheme} {granularity} {more}: {clipped} > {none}");
            // Most of these weights are small.
            let pays = scheme == "w4a16" && granularity == "tensor";
            assert!(!pays || clipped < none, "{scheme}: {clipped}, {none} unclipped");
        }
    }
}

/// Weights that are on the grid of the whole range already, where any other scale costs.
#[test]
fn what_is_on_a_grid_stays_there() {
    for (seed, granularity) in ["tensor", "tensor", "channel"].into_iter().enumerate() {
        let values = (0..64 * 64).map(|i| {
            let value = (i * 7919 + seed * 104_729) % 255;
            (value as f32 - 127.0) / 128.0
        });
        let weight = Tensor::of(Dtype::F32, &[64, 64], values);
        let model = Model::new().weights("model.safetensors", &[(UP, weight)]);
        for range in ["narrow", "full"] {
            let mse = |clip| {
                let options = ["--granularity", granularity, "--range", range, "--clip", clip];
                let options = [&options[..], &["--force", "--json"]].concat();
                let json = quantize(&model.source(), &model.out(), &options).succeeded().json();
                json["tensors"][0]["mse"].as_f64().unwrap()
            };
            assert!(mse("mse") <= mse("none"), "{granularity} {range}");
        }
    }
}

#[test]
fn a_weight_that_is_not_finite_is_named() {
    let weight = Tensor::random(Dtype::F16, &[40, 24]).with(24 * 17 + 5, f32::NEG_INFINITY);
    let model = Model::new().weights("model.safetensors", &[(UP, weight)]);
    for granularity in ["tensor", "channel", "group=8"] {
        for clip in ["percentile=99", "mse"] {
            let options = ["--scheme", "w8a16", "--granularity", granularity, "--clip", clip];
            let run = quantize(&model.source(), &model.out(), &options);
            run.failed_with(&[UP, "-inf", "[17, 5]"]);
            assert!(!model.out().exists());
        }
    }
}

#[test]
fn what_is_no_clip_is_refused() {
    let bad = ["", "mean", "mse=1", "percentile", "percentile=", "percentile=0", "percentile=101"];
    for clip in bad.into_iter().chain(["percentile=-1", "percentile=NaN", "percentile=x"]) {
        let run = absmax(["quantize", "source", "-o", "out", "--clip", clip]);
        assert_eq!(run.code, Some(2), "{clip:?}: {run:#?}");
        assert!(run.stderr.contains("--clip"), "{run:#?}");
    }
}
