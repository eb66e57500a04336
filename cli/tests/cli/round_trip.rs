//! Weights and scales equal the scalar reference's, whatever the dtype and however many files.

use std::fs;

use safetensors::Dtype;
use safetensors::tensor::serialize;
use serde_json::{Value, json};

use crate::common::{
    Granularity, Model, Tensor, absmax, expect_quantized, listing, quantize, read_file, read_model,
    safetensors_file,
};

const UP: &str = "model.layers.0.mlp.up_proj";

#[test]
fn every_dtype_and_granularity() {
    for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
        for (granularity, name) in
            [(Granularity::Channel, "channel"), (Granularity::Tensor, "tensor")]
        {
            let model = Model::new().weights("model.safetensors", &Model::small_tensors(dtype));
            quantize(&model.source(), &model.out(), &["--granularity", name]).succeeded();
            let (before, after) = (read_model(&model.source()), read_model(&model.out()));
            expect_quantized(&before, &after, &[UP], granularity);
        }
    }
}

/// Slabs hold 2^17 elements or one row: one slab less a row, one exactly, one and a row, rows longer
/// than a slab, and odd ones that leave the data of what follows unaligned.
#[test]
fn every_slab_edge() {
    let shapes = [
        [127, 1024],
        [128, 1024],
        [129, 1024],
        [3, (1 << 17) + 1],
        [1, 600_001],
        [257, 1023],
        [1, 1],
        [3, 1],
        [1, 3],
        [5, 7],
    ];
    let names: Vec<String> = (0..shapes.len()).map(|i| format!("layers.{i}.proj")).collect();
    let modules: Vec<&str> = names.iter().map(String::as_str).collect();
    for (granularity, option) in
        [(Granularity::Channel, "channel"), (Granularity::Tensor, "tensor")]
    {
        let weights: Vec<String> = names.iter().map(|name| format!("{name}.weight")).collect();
        let dtypes = [Dtype::F32, Dtype::BF16, Dtype::F16];
        let tensors: Vec<(&str, Tensor)> = shapes
            .iter()
            .enumerate()
            .map(|(i, shape)| (weights[i].as_str(), Tensor::random(dtypes[i % 3], shape)))
            .collect();
        let model = Model::new().weights("model.safetensors", &tensors);
        quantize(&model.source(), &model.out(), &["--granularity", option]).succeeded();
        let (before, after) = (read_model(&model.source()), read_model(&model.out()));
        expect_quantized(&before, &after, &modules, granularity);
    }
}

#[test]
fn the_file_is_laid_out_as_the_library_does_it() {
    let model = Model::small();
    quantize(&model.source(), &model.out(), &[]).succeeded();
    let file = model.out().join("model.safetensors");
    let tensors = read_file(&file);
    let views = tensors.iter().map(|(name, tensor)| {
        let view =
            safetensors::tensor::TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
        (name, view.unwrap())
    });
    let written = fs::read(&file).unwrap();
    // The library writes a map of metadata in no order, so without any it has to be the same.
    let without = serialize(views, None).unwrap();
    let metadata = br#""__metadata__":{"format":"pt","made_by":"a test"},"#;
    let text = |file: &[u8]| {
        let len = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        (file[8..8 + len].trim_ascii_end().to_vec(), file[8 + len..].to_vec())
    };
    let ((ours, our_data), (theirs, their_data)) = (text(&written), text(&without));
    assert_eq!(ours, [&b"{"[..], &metadata[..], &theirs[1..]].concat());
    assert_eq!(our_data, their_data);
}

fn two_shards() -> [(&'static str, Vec<(&'static str, Tensor)>); 2] {
    let bf16 = |shape: &[usize]| Tensor::random(Dtype::BF16, shape);
    [
        (
            "model-00001-of-00002.safetensors",
            vec![
                ("model.embed_tokens.weight", bf16(&[32, 16])),
                ("model.layers.0.self_attn.q_proj.weight", bf16(&[16, 16])),
            ],
        ),
        (
            "model-00002-of-00002.safetensors",
            vec![
                ("lm_head.weight", bf16(&[32, 16])),
                ("model.layers.1.self_attn.q_proj.weight", bf16(&[17, 16])),
            ],
        ),
    ]
}

const TWO: [&str; 2] = ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.q_proj"];

#[test]
fn shards_with_an_index() {
    let model = Model::new().shards(&two_shards());
    quantize(&model.source(), &model.out(), &[]).succeeded();
    assert_eq!(listing(&model.source()), listing(&model.out()));
    expect_quantized(
        &read_model(&model.source()),
        &read_model(&model.out()),
        &TWO,
        Granularity::Channel,
    );
    expect_index(&model);
    let text = fs::read_to_string(model.out().join("model.safetensors.index.json")).unwrap();
    let index: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(index["metadata"]["total_parameters"], 7);
}

#[test]
fn shards_without_an_index_get_one() {
    let [first, second] = two_shards();
    let model = Model::new().weights(first.0, &first.1).weights(second.0, &second.1);
    quantize(&model.source(), &model.out(), &[]).succeeded();
    expect_quantized(
        &read_model(&model.source()),
        &read_model(&model.out()),
        &TWO,
        Granularity::Channel,
    );
    expect_index(&model);
}

/// The index says what the files hold.
#[track_caller]
fn expect_index(model: &Model) {
    let text = fs::read_to_string(model.out().join("model.safetensors.index.json")).unwrap();
    let index: Value = serde_json::from_str(&text).unwrap();
    let (mut weight_map, mut total) = (serde_json::Map::new(), 0);
    for file in listing(&model.out()) {
        if file.ends_with(".safetensors") {
            for (name, tensor) in read_file(&model.out().join(&file)) {
                total += tensor.bytes.len();
                weight_map.insert(name, json!(file));
            }
        }
    }
    assert_eq!(index["weight_map"], Value::Object(weight_map));
    assert_eq!(index["metadata"]["total_size"], total);
}

/// The scale of 65504 is rounded to 516 in binary16, and 127 times that is beyond its range.
#[test]
fn what_overflows_its_type_is_warned_of() {
    for (largest, overflows) in [(65504.0, true), (64000.0, false)] {
        let values: Vec<f32> = (0..64).map(|i| if i == 0 { largest } else { 1.0 }).collect();
        let weight = Tensor::of(Dtype::F16, &[1, 64], values);
        let model = Model::new().weights("model.safetensors", &[("a.proj.weight", weight)]);
        let told = quantize(&model.source(), &model.out(), &["--json"]).succeeded();
        let warnings = told.json()["warnings"].to_string();
        let (out, back) = (model.out(), model.beside("back"));
        let paths = ["dequantize", out.to_str().unwrap(), "-o", back.to_str().unwrap()];
        let again = absmax(paths).succeeded();
        for text in [&warnings, &told.stderr, &again.stderr] {
            assert_eq!(text.contains("a.proj.weight"), overflows, "{text}");
            assert_eq!(text.contains("overflow F16"), overflows, "{text}");
        }
    }
}

#[test]
fn one_file_becomes_a_directory() {
    let model = Model::new();
    let source = model.beside("weights.safetensors");
    fs::write(&source, safetensors_file(&Model::small_tensors(Dtype::F16))).unwrap();
    quantize(&source, &model.out(), &[]).succeeded();
    assert_eq!(listing(&model.out()), ["config.json", "weights.safetensors"]);
    let after = read_file(&model.out().join("weights.safetensors"));
    expect_quantized(&read_file(&source), &after, &[UP], Granularity::Channel);
    let text = fs::read_to_string(model.out().join("config.json")).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(config.as_object().unwrap().keys().collect::<Vec<_>>(), ["quantization_config"]);
}
