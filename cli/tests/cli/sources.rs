//! What is not a model, and what lies beside one: understood, or named in the error.

use std::fs;

use safetensors::Dtype;
use serde_json::json;

use crate::common::{Model, Tensor, absmax, listing, quantize, safetensors_file};

#[track_caller]
fn refused(model: &Model, parts: &[&str]) {
    for options in [&["--dry-run"][..], &[]] {
        quantize(&model.source(), &model.out(), options).failed_with(parts);
        assert!(!model.out().exists());
    }
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\n\
    oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

#[test]
fn git_lfs_pointers() {
    let shards = [("model-1.safetensors", Model::small_tensors(Dtype::F32))];
    for name in ["model-1.safetensors", "config.json", "tokenizer.json", "onnx/vocab.txt"] {
        let model = Model::new().shards(&shards).file(name, POINTER);
        refused(&model, &["Git LFS", name, "git lfs pull"]);
        absmax(["inspect", model.source().to_str().unwrap()]).failed_with(&["Git LFS", name]);
    }
    let model = Model::new().file("model.safetensors", POINTER);
    let file = model.source().join("model.safetensors");
    quantize(&file, &model.out(), &[]).failed_with(&["Git LFS", "model.safetensors"]);

    // What is left out need not be there, and a longer text is no pointer.
    let long = format!("{POINTER}{}", " ".repeat(1024));
    let model = Model::small().file("pytorch_model.bin", POINTER).file("README.md", long);
    quantize(&model.source(), &model.out(), &[]).succeeded();
}

fn adapter() -> Vec<(&'static str, Tensor)> {
    vec![
        (
            "base_model.model.model.layers.0.q_proj.lora_A.weight",
            Tensor::random(Dtype::F32, &[8, 64]),
        ),
        (
            "base_model.model.model.layers.0.q_proj.lora_B.weight",
            Tensor::random(Dtype::F32, &[64, 8]),
        ),
    ]
}

#[test]
fn adapters() {
    let model = Model::new()
        .weights("adapter_model.safetensors", &adapter())
        .file("adapter_config.json", "{}");
    refused(&model, &["an adapter", "adapter_config.json", "merge it"]);
    fs::remove_file(model.source().join("config.json")).unwrap();
    refused(&model, &["an adapter", "adapter_config.json", "merge it"]);
    let file = model.source().join("adapter_model.safetensors");
    quantize(&file, &model.out(), &[]).failed_with(&["an adapter", "lora_A.weight"]);

    // Loaders would add it to the quantized model.
    let model = Model::small()
        .weights("adapter_model.safetensors", &adapter())
        .file("adapter_config.json", "{}");
    refused(&model, &["an adapter", "take it away"]);
}

/// Some models have such matrices of their own.
#[test]
fn a_model_with_adapters_inside() {
    let mut tensors = Model::small_tensors(Dtype::F32);
    tensors.push(("layers.0.q_proj.lora_A.weight", Tensor::random(Dtype::F32, &[8, 64])));
    let model = Model::new().weights("model.safetensors", &tensors);
    quantize(&model.source(), &model.out(), &[]).succeeded();
}

#[test]
fn diffusers() {
    let model = Model::small().config(&json!({ "_diffusers_version": "0.35.0" }));
    refused(&model, &["diffusers", "_diffusers_version"]);
    let pipeline = Model::new()
        .file("model_index.json", "{}")
        .file("unet/model.safetensors", safetensors_file(&Model::small_tensors(Dtype::F16)));
    refused(&pipeline, &["diffusers", "model_index.json"]);
}

#[test]
fn training_state() {
    let state = [
        "checkpoint-500/model.safetensors",
        "global_step12/mp_rank_00_model_states.pt",
        "latest",
        "optimizer.pt",
        "rng_state_0.pth",
        "scheduler.pt",
        "trainer_state.json",
        "training_args.bin",
        "zero_to_fp32.py",
    ];
    let others = ["checkpoint.md", "latest.txt", "scheduler.json"];
    let mut model = Model::small();
    for name in state.into_iter().chain(others) {
        model = model.file(name, "state");
    }
    let warning = "warning: training state is left out: checkpoint-500, global_step12, latest, \
        optimizer.pt, rng_state_0.pth, scheduler.pt, trainer_state.json, training_args.bin and 1 \
        more\n";
    let run = quantize(&model.source(), &model.out(), &[]).succeeded();
    assert_eq!(run.stderr, warning);
    assert_eq!(run.stdout.matches("  training state\n").count(), state.len(), "{}", run.stdout);
    let mut expected = [&["config.json", "model.safetensors"], &others[..]].concat();
    expected.sort_unstable();
    assert_eq!(listing(&model.out()), expected);

    // The same on the way back.
    fs::write(model.out().join("optimizer.bin"), "state").unwrap();
    let (out, back) = (model.out(), model.beside("back"));
    let run =
        absmax(["dequantize", out.to_str().unwrap(), "-o", back.to_str().unwrap()]).succeeded();
    assert_eq!(run.stderr, "warning: training state is left out: optimizer.bin\n");
    assert_eq!(listing(&back), expected);
    // Nothing is left out of what is only looked at.
    let run = absmax(["inspect", out.to_str().unwrap()]).succeeded();
    assert_eq!(run.stderr, "");
}
