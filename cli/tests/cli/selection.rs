//! Which tensors are quantized, and what the config tells loaders to leave alone.

use std::collections::BTreeSet;
use std::fs;

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Granularity, Model, Tensor, expect_quantized, quantize, read_model};

/// Every kind of tensor beside the weights of Linears.
fn tensors() -> Vec<(&'static str, Tensor)> {
    let f32 = |shape: &[usize]| Tensor::random(Dtype::F32, shape);
    vec![
        ("model.layers.0.self_attn.q_proj.weight", f32(&[8, 8])),
        ("model.layers.0.self_attn.q_proj.bias", f32(&[8])),
        ("model.layers.0.mlp.gate_proj.weight", f32(&[12, 8])),
        ("model.layers.1.mlp.gate_proj.weight", f32(&[12, 8])),
        ("model.layers.0.mlp.gate.weight", f32(&[4, 8])),
        ("model.layers.0.mlp.router.weight", f32(&[4, 8])),
        ("model.layers.0.input_layernorm.weight", f32(&[8])),
        ("model.norm2d.weight", f32(&[8, 8])),
        ("model.embed_tokens.weight", f32(&[16, 8])),
        ("transformer.wte.weight", f32(&[16, 8])),
        ("transformer.wpe.weight", f32(&[16, 8])),
        ("bert.position.weight", f32(&[16, 8])),
        ("bert.token_type.weight", f32(&[2, 8])),
        ("lm_head.weight", f32(&[16, 8])),
        ("v.value_head.0.weight", f32(&[16, 8])),
        // To loaders a pattern that matches all, and a class that all layers are of.
        ("re:.*.weight", f32(&[0, 8])),
        ("Linear.weight", f32(&[0, 8])),
        ("model.layers.0.conv.weight", f32(&[4, 4, 3])),
        ("model.experts.gate_up_proj", f32(&[2, 8, 8])),
        ("model.double.weight", Tensor::of(Dtype::F64, &[2, 2], [1.0, 2.0, 3.0, 4.0])),
        ("model.counts.weight", Tensor::zeros(Dtype::I64, &[2, 2])),
        ("model.empty.weight", f32(&[0, 8])),
        ("weight", f32(&[8, 8])),
    ]
}

const LINEARS: [&str; 3] = [
    "model.layers.0.mlp.gate_proj",
    "model.layers.0.self_attn.q_proj",
    "model.layers.1.mlp.gate_proj",
];

/// Kept whatever the user says, as `ignore` has them.
const KEPT: [&str; 20] = [
    "bert.position",
    "bert.token_type",
    "classifier",
    "lm_head",
    "model.counts",
    "model.double",
    "model.embed_tokens",
    "model.empty",
    "model.experts",
    "model.layers.0.mlp.gate",
    "model.layers.0.mlp.router",
    "model.norm2d",
    "qa_outputs",
    r"re:^Linear$",
    r"re:^model\.experts\..*",
    r"re:^re:\.\*$",
    "score",
    "transformer.wpe",
    "transformer.wte",
    "v.value_head.0",
];

/// Quantizes with these options and expects these of the Linears to be left alone. Returns the
/// warnings but for that of stacked experts.
#[track_caller]
fn expect_ignored(options: &[&str], ignored: &[&str]) -> String {
    let model = Model::new().weights("model.safetensors", &tensors());
    let run = quantize(&model.source(), &model.out(), options).succeeded();
    let quantized: Vec<&str> =
        LINEARS.into_iter().filter(|module| !ignored.contains(module)).collect();
    let (before, after) = (read_model(&model.source()), read_model(&model.out()));
    expect_quantized(&before, &after, &quantized, Granularity::Channel);
    // What was asked for is written through.
    let asked = options.iter().filter(|option| !option.starts_with("--"));
    let asked = asked.map(|option| option.strip_suffix(".weight").unwrap_or(option));
    let expected: BTreeSet<&str> = KEPT.iter().chain(ignored).copied().chain(asked).collect();
    let config: Value =
        serde_json::from_str(&fs::read_to_string(model.out().join("config.json")).unwrap())
            .unwrap();
    assert_eq!(config["quantization_config"]["ignore"], json!(expected));
    let (experts, others): (Vec<_>, Vec<_>) =
        run.stderr.split_inclusive('\n').partition(|line| line.contains("stacked experts"));
    assert_eq!(experts.len(), 1, "{experts:?}");
    others.concat()
}

#[test]
fn by_default() {
    assert_eq!(expect_ignored(&[], &[]), "");
}

#[test]
fn ignored_by_name() {
    let [gate_0, _, gate_1] = LINEARS;
    assert_eq!(expect_ignored(&["--ignore", gate_0], &[gate_0]), "");
    let weight = format!("{gate_1}.weight");
    assert_eq!(expect_ignored(&["--ignore", &weight, "--ignore", gate_0], &[gate_0, gate_1]), "");
    // A name is no pattern, and no part of a name.
    for other in ["model.layers.0.mlp.gate_pro", "gate_proj", ".*gate_proj", "model.layers"] {
        let warnings = expect_ignored(&["--ignore", other], &[]);
        assert_eq!(
            warnings,
            format!("warning: --ignore {other} matches no two-dimensional weight\n")
        );
    }
}

#[test]
fn ignored_by_pattern() {
    let [gate_0, query_0, gate_1] = LINEARS;
    // From the name's beginning, not necessarily to its end.
    assert_eq!(expect_ignored(&["--ignore", "re:.*gate_"], &[gate_0, gate_1]), "");
    assert_eq!(expect_ignored(&["--ignore", r"re:model\.layers\.0"], &[gate_0, query_0]), "");
    assert_eq!(expect_ignored(&["--ignore", "re:x|.*q_proj$"], &[query_0]), "");
    let warnings = expect_ignored(&["--ignore", "re:gate_proj"], &[]);
    let advice = "a pattern begins where a name does; re:.*gate_proj matches within";
    assert!(warnings.contains("--ignore re:gate_proj matches no"), "{warnings}");
    assert!(warnings.contains(advice), "{warnings}");
    // What is kept anyway may be named too.
    assert_eq!(expect_ignored(&["--ignore", "lm_head"], &[]), "");
}

#[test]
fn conv1d_models() {
    let f32 = |shape: &[usize]| Tensor::random(Dtype::F32, shape);
    let tensors = [
        ("h.0.attn.c_attn.weight", f32(&[8, 24])),
        ("h.0.mlp.c_proj.weight", f32(&[32, 8])),
        ("h.0.mlp.linear.weight", f32(&[8, 8])),
    ];
    let quantized_of = |model_type: &str| {
        let model = Model::new()
            .config(&json!({ "model_type": model_type }))
            .weights("model.safetensors", &tensors);
        let report = quantize(&model.source(), &model.out(), &["--json"]).succeeded().json();
        let tensors = report["tensors"].as_array().unwrap().clone();
        tensors.iter().filter(|tensor| tensor["quantized"] == true).count()
    };
    assert_eq!(quantized_of("gpt2"), 1);
    assert_eq!(quantized_of("gpt_bigcode"), 3);
}

#[test]
fn every_reason_is_shown() {
    let model = Model::new().weights("model.safetensors", &tensors());
    let options = ["--ignore", "re:.*layers.1", "--dry-run"];
    let run = quantize(&model.source(), &model.out(), &options).succeeded();
    for (tensor, done) in [
        ("model.layers.0.self_attn.q_proj.weight", "int8, 8 scales"),
        ("model.layers.0.self_attn.q_proj.bias", "kept: not a weight"),
        ("model.layers.1.mlp.gate_proj.weight", "kept: --ignore re:.*layers.1"),
        ("model.layers.0.mlp.gate.weight", "kept: gate in its name"),
        ("model.layers.0.input_layernorm.weight", "kept: 1 dimension"),
        ("model.layers.0.conv.weight", "kept: 3 dimensions"),
        ("model.double.weight", "kept: F64 is not supported"),
        ("model.counts.weight", "kept: not floating-point"),
        ("model.empty.weight", "kept: no values"),
        ("weight", "kept: not a weight"),
    ] {
        let line = run.stdout.lines().find(|line| line.split(' ').next() == Some(tensor));
        let line = line.unwrap_or_else(|| panic!("{tensor} is not in {}", run.stdout));
        assert!(line.ends_with(done), "{line}");
    }
}

#[test]
fn a_config_of_another_dtype_is_warned_of() {
    for key in ["torch_dtype", "dtype"] {
        let model = Model::small().config(&json!({ key: "bfloat16" }));
        let run = quantize(&model.source(), &model.out(), &[]).succeeded();
        let expected = format!("warning: 1 weight is F32 and config.json has {key} BF16");
        assert!(run.stderr.starts_with(&expected), "{}", run.stderr);
    }
    let model = Model::small().config(&json!({ "torch_dtype": "float32" }));
    assert_eq!(quantize(&model.source(), &model.out(), &[]).succeeded().stderr, "");
}
