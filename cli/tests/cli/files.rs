//! The files beside the weights: the config, copies, and what is left out.

use std::fs;

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Granularity, Model, expect_quantized, listing, quantize, read_model};

#[test]
fn the_config_keeps_its_text_and_gains_a_key() {
    let text = "{\n  \"z\": 1e-05,\n  \"model_type\": \"llama\",\n  \
                \"big\": 100000000000000000000000000000,\n  \"list\": [\n    1.0\n  ]\n}\n";
    let model = Model::small().file("config.json", text);
    quantize(&model.source(), &model.out(), &[]).succeeded();
    let written = fs::read_to_string(model.out().join("config.json")).unwrap();
    let kept = text.strip_suffix("\n}\n").unwrap();
    let added = written.strip_prefix(kept).unwrap();
    assert!(added.starts_with(",\n  \"quantization_config\": {\n    \"quant_method\""), "{added}");
    assert!(added.ends_with("\n  }\n}\n"), "{added}");
}

#[test]
fn the_quantization_config() {
    for strategy in ["channel", "tensor"] {
        // A null is no quantization.
        let model = Model::small().config(&json!({ "quantization_config": null, "last": 1 }));
        quantize(&model.source(), &model.out(), &["--granularity", strategy]).succeeded();
        let text = fs::read_to_string(model.out().join("config.json")).unwrap();
        let config: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            config["quantization_config"],
            json!({
                "quant_method": "compressed-tensors",
                "format": "int-quantized",
                "quantization_status": "compressed",
                "config_groups": { "group_0": {
                    "targets": ["Linear"],
                    "weights": {
                        "num_bits": 8, "type": "int", "symmetric": true, "strategy": strategy,
                        "group_size": null, "dynamic": false, "observer": "minmax",
                    },
                    "input_activations": {
                        "num_bits": 8, "type": "int", "symmetric": true, "strategy": "token",
                        "group_size": null, "dynamic": true,
                    },
                    "output_activations": null,
                    "format": "int-quantized",
                } },
                "ignore": ["lm_head", "model.embed_tokens"],
                "kv_cache_scheme": null,
                "global_compression_ratio": null,
                "producer": { "name": "absmax", "version": env!("CARGO_PKG_VERSION") },
            })
        );
    }
}

#[test]
fn everything_else_is_copied() {
    let others = [
        (".gitattributes", "*.bin filter=lfs"),
        ("1_Pooling/config.json", "{}"),
        ("2_Dense/model.safetensors", "another module's"),
        ("README.md", ""),
        ("tokenizer.json", "{\"a\": 1}"),
        ("training_args.bin", "no weights"),
    ];
    let left_out = [
        ".absmax-0.old",
        ".absmax-abc.tmp",
        ".cache/huggingface/x.lock",
        ".git/HEAD",
        "consolidated.00.pth",
        "flax_model.msgpack",
        "model-q4.gguf",
        "onnx/model.onnx",
        "original/consolidated.01.pth",
        "other.safetensors",
        "pytorch_model-00001-of-00002.bin",
        "pytorch_model.bin.index.json",
        "tf_model.h5",
    ];
    let mut model = Model::small();
    for (name, content) in others {
        model = model.file(name, content);
    }
    for name in left_out {
        model = model.file(name, "weights");
    }
    let run = quantize(&model.source(), &model.out(), &["--json"]).succeeded();
    let mut expected: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    expected.extend(["config.json", "model.safetensors"]);
    expected.sort();
    assert_eq!(listing(&model.out()), expected);
    for (name, content) in others {
        assert_eq!(fs::read_to_string(model.out().join(name)).unwrap(), content, "{name}");
    }
    let told = run.json()["left_out"].as_array().unwrap().clone();
    let told: Vec<&str> = told.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            ".absmax-0.old",
            ".absmax-abc.tmp",
            ".cache",
            ".git",
            "consolidated.00.pth",
            "flax_model.msgpack",
            "model-q4.gguf",
            "onnx/model.onnx",
            "original/consolidated.01.pth",
            "other.safetensors",
            "pytorch_model-00001-of-00002.bin",
            "pytorch_model.bin.index.json",
            "tf_model.h5",
        ]
    );
}

/// As loaders do.
#[test]
fn one_file_goes_before_an_index() {
    let model = Model::new()
        .shards(&[("model-00001-of-00001.safetensors", Model::small_tensors(Dtype::F16))])
        .weights("model.safetensors", &Model::small_tensors(Dtype::F32));
    let run = quantize(&model.source(), &model.out(), &[]).succeeded();
    assert!(run.stderr.contains("model.safetensors.index.json is left out"), "{}", run.stderr);
    assert_eq!(listing(&model.out()), ["config.json", "model.safetensors"]);
    let before = crate::common::read_file(&model.source().join("model.safetensors"));
    let modules = ["model.layers.0.mlp.up_proj"];
    expect_quantized(&before, &read_model(&model.out()), &modules, Granularity::Channel);
}

/// The cache of the Hugging Face hub keeps files as links to blobs.
#[cfg(unix)]
#[test]
fn links_to_files_are_followed() {
    use std::os::unix::fs::symlink;

    let blobs = Model::small().file("tokenizer.json", "{}");
    let model = Model::new();
    for name in ["model.safetensors", "tokenizer.json"] {
        symlink(blobs.source().join(name), model.source().join(name)).unwrap();
    }
    symlink(model.source(), model.source().join("loop")).unwrap();
    quantize(&model.source(), &model.out(), &[]).succeeded();
    assert_eq!(listing(&model.out()), ["config.json", "model.safetensors", "tokenizer.json"]);
    assert!(!model.out().join("tokenizer.json").is_symlink());

    symlink("nowhere", model.source().join("vocab.txt")).unwrap();
    quantize(&model.source(), &model.beside("other"), &[]).failed_with(&["vocab.txt"]);
}

/// Not the private mode of temporary files.
#[cfg(unix)]
#[test]
fn files_have_the_mode_of_new_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let model = Model::small();
    quantize(&model.source(), &model.out(), &[]).succeeded();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    let usual = mode(model.source().join("config.json"));
    for name in listing(&model.out()) {
        assert_eq!(mode(model.out().join(&name)), usual, "{name}");
    }
}

/// A cache of models keeps its files as links to names that say nothing.
#[cfg(unix)]
#[test]
fn one_file_by_the_name_of_a_link() {
    let model = Model::small();
    let link = model.beside("linked.safetensors");
    fs::rename(model.source().join("model.safetensors"), model.beside("blob")).unwrap();
    std::os::unix::fs::symlink(model.beside("blob"), &link).unwrap();
    quantize(&link, &model.out(), &[]).succeeded();
    assert_eq!(listing(&model.out()), ["config.json", "linked.safetensors"]);
}

/// Opening a pipe would wait for a writer.
#[cfg(unix)]
#[test]
fn a_pipe_is_no_file() {
    let model = Model::small();
    let pipe = model.beside("pipe.safetensors");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    quantize(&pipe, &model.out(), &[]).failed_with(&["pipe.safetensors", "neither"]);
}
