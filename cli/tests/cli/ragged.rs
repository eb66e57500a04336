//! Rows that groups do not divide.

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Model, Tensor, quantize, read_model};

const W4A16: [&str; 4] = ["--scheme", "w4a16", "--granularity", "group=32"];

/// Two weights that groups of 32 divide, and three that they do not.
fn model() -> Model {
    let random = |shape: [usize; 2]| Tensor::random(Dtype::BF16, &shape);
    Model::new().weights(
        "model.safetensors",
        &[
            ("a.q_proj.weight", random([8, 64])),
            ("b.q_proj.weight", random([8, 96])),
            ("visual.0.down_proj.weight", random([8, 36])),
            ("visual.1.down_proj.weight", random([8, 36])),
            ("visual.fc2.weight", random([8, 40])),
        ],
    )
}

#[test]
fn all_are_named_at_once() {
    let model = model();
    for dry in [&["--dry-run"][..], &[]] {
        quantize(&model.source(), &model.out(), &[&W4A16, dry].concat()).failed_with(&[
            "rows of 3 weights",
            "visual.0.down_proj.weight (36 by 32), visual.1.down_proj.weight (36 by 32), ",
            "visual.fc2.weight (40 by 32)",
            "groups of 4 divide",
            "--on-ragged keep",
            "--granularity group=4",
        ]);
        assert!(!model.out().exists());
    }
    // What it says will do.
    let four = ["--scheme", "w4a16", "--granularity", "group=4"];
    quantize(&model.source(), &model.out(), &four).succeeded();
}

#[test]
fn many_are_named_by_pattern() {
    let names: Vec<String> = (0..40).map(|i| format!("layers.{i}.k2.weight")).collect();
    let weights = names.iter().map(|name| (name.as_str(), Tensor::random(Dtype::F16, &[2, 36])));
    let model = Model::new().weights("model.safetensors", &weights.collect::<Vec<_>>());
    let run = quantize(&model.source(), &model.out(), &W4A16);
    run.failed_with(&[
        "rows of 40 weights",
        ": layers.*.k2.weight (40 of 36 by 32); ",
        "groups of 18 divide",
        "of powers of two those of 4 ",
        "group=18)",
    ]);
}

/// The larger one that would do is not one that engines have kernels for.
#[test]
fn a_power_of_two_is_preferred() {
    let weight = ("a.proj.weight", Tensor::random(Dtype::F16, &[2, 576]));
    let model = Model::new().weights("model.safetensors", &[weight]);
    quantize(&model.source(), &model.out(), &["--scheme", "w4a16"]).failed_with(&[
        "(576 by 128)",
        "groups of 96 ",
        "those of 64 ",
        "group=64)",
    ]);
}

fn config(model: &Model) -> Value {
    let text = std::fs::read(model.out().join("config.json")).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()["quantization_config"].clone()
}

#[test]
fn kept_if_asked_for() {
    let model = model();
    let options = [&W4A16[..], &["--on-ragged", "keep", "--json"]].concat();
    let report = quantize(&model.source(), &model.out(), &options).succeeded().json();
    let reason = &report["tensors"][2]["reason"];
    let tensors = report["tensors"].as_array().unwrap();
    let kept = tensors.iter().filter(|tensor| tensor["quantized"] == false);
    assert_eq!(kept.count(), 3, "{reason}");
    assert!(report.to_string().contains("groups of 32 do not divide rows of 36"), "{report}");
    let (before, after) = (read_model(&model.source()), read_model(&model.out()));
    for name in ["visual.0.down_proj", "visual.1.down_proj", "visual.fc2"] {
        let weight = format!("{name}.weight");
        assert_eq!(before[&weight], after[&weight]);
        assert!(config(&model)["ignore"].as_array().unwrap().contains(&json!(name)), "{name}");
    }
    assert!(after.contains_key("a.q_proj.weight_packed"));
}

#[test]
fn by_channel_if_asked_for() {
    let model = model();
    let plan = [&W4A16[..], &["--on-ragged", "channel"]].concat();
    let run = quantize(&model.source(), &model.out(), &[&plan[..], &["--dry-run"]].concat());
    assert!(run.succeeded().stdout.contains("would quantize 5 of 5"));
    quantize(&model.source(), &model.out(), &plan).succeeded();
    let after = read_model(&model.out());
    assert_eq!(after["visual.fc2.weight_scale"].shape, [8, 1]);
    assert_eq!(after["a.q_proj.weight_scale"].shape, [8, 2]);
    let config = config(&model);
    let groups: Vec<&Value> = config["config_groups"].as_object().unwrap().values().collect();
    let channel = groups.iter().find(|group| group["weights"]["strategy"] == "channel").unwrap();
    let targets = channel["targets"].as_array().unwrap();
    assert!(targets.contains(&json!("visual.fc2")) && targets.len() == 3, "{config}");

    // The same as what overrides say.
    let overrides = ["--force", "--override", "re:visual=w4a16,channel"];
    let other = self::model();
    quantize(&other.source(), &other.out(), &[&W4A16[..], &overrides].concat()).succeeded();
    assert_eq!(read_model(&other.out()), after);
    assert_eq!(self::config(&other), config);
}

/// What is said of weights that are quantized is not said of those that are kept.
#[test]
fn those_that_are_kept_are_not_counted() {
    let model = model().config(&json!({ "dtype": "float16" }));
    let keep = ["--on-ragged", "keep", "--override", "visual.fc2=w4a16,group=32", "--json"];
    let report = quantize(&model.source(), &model.out(), &[&W4A16[..], &keep].concat());
    let warnings = report.succeeded().json()["warnings"].to_string();
    assert!(warnings.contains("2 weights are BF16 and config.json has dtype F16"), "{warnings}");
    let unused = "--override visual.fc2=w4a16,group=32 has no effect: what it matches is kept";
    assert!(warnings.contains(unused), "{warnings}");
}
