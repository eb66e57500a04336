//! Checkpoints that cannot be quantized: one message that says why, and nothing written.

use std::fs;

use safetensors::Dtype;
use serde_json::json;

use crate::common::{Model, Tensor, quantize};

#[track_caller]
fn refused(model: &Model, parts: &[&str]) {
    for options in [&["--dry-run"][..], &[]] {
        quantize(&model.source(), &model.out(), options).failed_with(parts);
        assert!(!model.out().exists());
    }
}

#[test]
fn already_quantized() {
    let already = "already quantized";
    let said = json!({ "quant_method": "gptq" });
    for key in ["quantization_config", "compression_config", "quantization"] {
        let of_part = json!({ "model_type": "llava", "text_config": { key: said } });
        let of_part_of_part = json!({ "thinker_config": of_part });
        for config in [json!({ key: said }), of_part, of_part_of_part] {
            refused(&Model::small().config(&config), &[already, "(gptq)", key]);
        }
    }
    for file in ["hf_quant_config.json", "quantize_config.json", "quanto_qmap.json"] {
        refused(&Model::small().file(file, "{}"), &[already, file]);
    }
    for name in [
        "a.proj.weight_scale",
        "a.proj.weight_scale_inv",
        "a.proj.weight_packed",
        "a.proj.weight_shape",
        "a.proj.qweight",
        "a.proj.SCB",
        "a.proj.weight.absmax",
    ] {
        let tensors = [
            ("a.proj.weight", Tensor::random(Dtype::F32, &[4, 4])),
            (name, Tensor::random(Dtype::F32, &[4])),
        ];
        let model = Model::new().weights("model.safetensors", &tensors);
        refused(&model, &[already, name, "model.safetensors"]);
    }
    for (dtype, shape) in [
        (Dtype::I8, &[4, 4][..]),
        (Dtype::U8, &[2, 4, 4]),
        (Dtype::U32, &[4, 1]),
        (Dtype::F8_E4M3, &[4, 4]),
        (Dtype::F8_E5M2, &[4, 4]),
    ] {
        let tensors = [
            ("a.proj.weight", Tensor::random(Dtype::F32, &[4, 4])),
            ("b.proj.weight", Tensor::zeros(dtype, shape)),
        ];
        let model = Model::new().weights("model.safetensors", &tensors);
        refused(&model, &[already, "b.proj.weight", &dtype.to_string()]);
    }
}

/// A part of a model that another program has quantized, beside a part that is float. The config
/// does not tell, and the tensors do.
#[test]
fn quantized_in_part_by_others() {
    let cases: [(&str, &[(&str, Dtype)]); 14] = [
        ("AQLM", &[("codes", Dtype::I8), ("codebooks", Dtype::F16), ("scales", Dtype::F16)]),
        ("GPTQ", &[("qweight", Dtype::I32), ("qzeros", Dtype::I32), ("g_idx", Dtype::I32)]),
        ("AWQ", &[("qweight", Dtype::I32), ("qzeros", Dtype::I32), ("scales", Dtype::F16)]),
        ("bitsandbytes", &[("weight", Dtype::I8), ("SCB", Dtype::F32)]),
        ("bitsandbytes", &[("weight", Dtype::U8), ("weight.absmax", Dtype::F32)]),
        ("MLX", &[("weight", Dtype::U32), ("scales", Dtype::F16), ("biases", Dtype::F16)]),
        ("quanto", &[("weight._data", Dtype::I8), ("weight._scale", Dtype::F16)]),
        ("HQQ", &[("W_q", Dtype::U8), ("scale", Dtype::F16), ("zero", Dtype::F16)]),
        ("MXFP4", &[("up_blocks", Dtype::U8), ("up_scales", Dtype::U8)]),
        ("SpQR", &[("dense_weights", Dtype::I64), ("in_perm", Dtype::I16)]),
        ("EETQ", &[("weight", Dtype::I8), ("weight_scales", Dtype::F16)]),
        (
            "NVFP4",
            &[
                ("weight", Dtype::U8),
                ("weight_scale", Dtype::F8_E4M3),
                ("weight_scale_2", Dtype::F32),
            ],
        ),
        ("FP8", &[("weight", Dtype::F8_E4M3), ("weight_scale_inv", Dtype::F32)]),
        ("torchao", &[("_weight_qdata", Dtype::I8), ("_weight_scale", Dtype::F32)]),
    ];
    for (method, parts) in cases {
        let names: Vec<String> = parts.iter().map(|(part, _)| format!("m.q.{part}")).collect();
        let tensors = names
            .iter()
            .zip(parts)
            .map(|(name, (_, dtype))| (name.as_str(), Tensor::zeros(*dtype, &[4, 4])));
        let tensors = [tensors.collect(), Model::small_tensors(Dtype::F32)].concat();
        let model = Model::new().weights("model.safetensors", &tensors);
        refused(&model, &["already quantized", &format!("({method})"), "m.q."]);
    }
}

/// Names that only together are those of a method, and integers that are no weights.
#[test]
fn not_quantized() {
    let names = ["m.scales", "m.biases", "m.codes", "m.indices", "up_blocks", "m.scale"];
    let floats = names.map(|name| (name, Tensor::random(Dtype::F32, &[4, 4])));
    let integers = [
        ("m.attn.bias", Tensor::zeros(Dtype::U8, &[1, 1, 4, 4])),
        ("m.position_ids", Tensor::zeros(Dtype::I64, &[1, 512])),
    ];
    let tensors = [Model::small_tensors(Dtype::F32), floats.to_vec(), integers.to_vec()].concat();
    let config = json!({ "quantization": "none", "compression_config": null });
    let model = Model::new().config(&config).weights("model.safetensors", &tensors);
    quantize(&model.source(), &model.out(), &[]).succeeded();
}

/// Readers differ in which of two members they take, and parts of a model are read by other classes.
#[test]
fn a_config_that_readers_read_differently() {
    let text = r#"{ "model_type": "clip", "text_config": { "model_type": "a", "b": 1, "b": 2 } }"#;
    let parts = ["config.json is not a valid config", "in the value of \"text_config\"", "twice"];
    refused(&Model::small().file("config.json", text), &parts);
    let text = r#"{ "model_type": "clip", "a": { "b": { "\ud800": 1 } } }"#;
    let parts = ["config.json is not a valid config", "in the value of \"a\"", "\"b\""];
    refused(&Model::small().file("config.json", text), &parts);
}

#[test]
fn what_was_written_is_not_quantized_again() {
    let model = Model::small();
    quantize(&model.source(), &model.out(), &[]).succeeded();
    quantize(&model.out(), &model.beside("again"), &[]).failed_with(&["already quantized"]);
    let file = model.out().join("model.safetensors");
    quantize(&file, &model.beside("again"), &[])
        .failed_with(&["already quantized", "up_proj.weight_scale"]);
}

#[test]
fn nothing_to_quantize() {
    let tensors = [("model.embed_tokens.weight", Tensor::random(Dtype::F32, &[4, 4]))];
    let model = Model::new().weights("model.safetensors", &tensors);
    refused(&model, &["nothing to quantize", "none of its 1 tensors", "(embed in its name: 1)"]);
    refused(&Model::new().weights("model.safetensors", &[]), &["nothing to quantize"]);
    let model = Model::small();
    quantize(&model.source(), &model.out(), &["--ignore", "re:."]).failed_with(&[
        "nothing to quantize",
        "not a weight: 1",
        "ignored by re:.: 2",
    ]);
}

#[test]
fn no_safetensors() {
    let model = Model::new().file("pytorch_model.bin", "zip");
    refused(&model, &["no safetensors file", "found config.json, pytorch_model.bin"]);
    let empty = Model::new();
    fs::remove_file(empty.source().join("config.json")).unwrap();
    refused(&empty, &["no safetensors file", "it is empty"]);
}

#[test]
fn no_model() {
    let model = Model::small();
    let missing = model.beside("missing");
    quantize(&missing, &model.out(), &[]).failed_with(&["cannot read", "missing"]);
    fs::write(model.beside("a.bin"), "").unwrap();
    quantize(&model.beside("a.bin"), &model.out(), &[])
        .failed_with(&["a.bin", "neither a directory nor a safetensors file"]);
    fs::remove_file(model.source().join("config.json")).unwrap();
    refused(&model, &["no config.json", "give the file itself"]);
}

#[test]
fn broken_configs() {
    let not_numbers = [r#"{"a": nan}"#, r#"{"a": -NaN}"#, r#"{"a": Inf}"#, r#"{NaN: 1}"#];
    for text in ["", "{", "[]", r#"{"a": }"#, "{}{}"].into_iter().chain(not_numbers) {
        refused(&Model::small().file("config.json", text), &["config.json", "line 1 column"]);
    }
}

fn two() -> [(&'static str, Vec<(&'static str, Tensor)>); 2] {
    let tensor = || Tensor::random(Dtype::F32, &[4, 4]);
    [
        ("model-1.safetensors", vec![("a.proj.weight", tensor())]),
        ("model-2.safetensors", vec![("b.proj.weight", tensor())]),
    ]
}

#[test]
fn a_missing_shard() {
    let model = Model::new().shards(&two());
    fs::remove_file(model.source().join("model-2.safetensors")).unwrap();
    refused(&model, &["model.safetensors.index.json", "model-2.safetensors", "missing"]);
}

#[test]
fn a_tensor_that_is_not_where_the_index_says() {
    let model = Model::new().shards(&two());
    let model = model.weights("model-2.safetensors", &[("c.proj.weight", two()[1].1[0].1.clone())]);
    refused(&model, &["b.proj.weight", "model-2.safetensors"]);
}

#[test]
fn a_tensor_in_two_files() {
    let both = two().concat_tensors();
    let model = Model::new().shards(&two()).weights("model-2.safetensors", &both);
    refused(&model, &["a.proj.weight", "model-1.safetensors", "model-2.safetensors"]);
    fs::remove_file(model.source().join("model.safetensors.index.json")).unwrap();
    refused(&model, &["a.proj.weight", "model-1.safetensors", "model-2.safetensors"]);
}

trait ConcatTensors {
    fn concat_tensors(self) -> Vec<(&'static str, Tensor)>;
}

impl ConcatTensors for [(&'static str, Vec<(&'static str, Tensor)>); 2] {
    fn concat_tensors(self) -> Vec<(&'static str, Tensor)> {
        self.into_iter().flat_map(|(_, tensors)| tensors).collect()
    }
}

#[test]
fn indices_that_are_not_indices() {
    let with = |text: &str| Model::new().file("model.safetensors.index.json", text);
    refused(&with("{"), &["model.safetensors.index.json is not a valid index"]);
    refused(&with("{}"), &["weight_map"]);
    refused(&with(r#"{"weight_map": {}}"#), &["names no file"]);
    refused(&with(r#"{"weight_map": {"a": 1}}"#), &["expected a string"]);
    for file in ["../model.safetensors", "/etc/passwd", "a/b.safetensors", "config.json", ""] {
        let index = json!({ "weight_map": { "a.weight": file } }).to_string();
        refused(&with(&index), &["names", file, "not the name of a safetensors file"]);
    }
}

#[test]
fn a_tensor_that_the_index_lacks_is_quantized_and_warned_of() {
    let model = Model::new().shards(&two());
    let mut tensors = two()[1].1.clone();
    tensors.push(("c.proj.weight", Tensor::random(Dtype::F32, &[3, 4])));
    let model = model.weights("model-2.safetensors", &tensors);
    let run = quantize(&model.source(), &model.out(), &[]).succeeded();
    let warning = "warning: tensor c.proj.weight of model-2.safetensors is not in the index\n";
    assert_eq!(run.stderr, warning);
    assert!(run.stdout.contains("quantized 3 of 3 tensors"), "{}", run.stdout);
}
