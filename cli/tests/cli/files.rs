//! The files beside the weights: the config, copies, and what is left out.

use std::fs;

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Granularity, Model, absmax, expect_quantized, listing, quantize, read_model};

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

/// The config of OUT, and that of OUT put back into floating point.
fn configs(text: &str) -> [String; 2] {
    let model = Model::small().file("config.json", text);
    quantize(&model.source(), &model.out(), &[]).succeeded();
    let (out, back) = (model.out(), model.beside("back"));
    absmax(["dequantize", out.to_str().unwrap(), "-o", back.to_str().unwrap()]).succeeded();
    [out, back].map(|directory| fs::read_to_string(directory.join("config.json")).unwrap())
}

/// Python writes numbers that JSON does not have. Every byte that is not about quantization stays,
/// and what was added goes away again.
#[test]
fn the_config_keeps_every_byte() {
    let numbers =
        r#"[0.0, Infinity],  "b": -Infinity, "c":{"d":[NaN,1e400,-0.0]}, "é": "NaN \" ,""#;
    for (before, after) in [
        (format!("{{\"a\" : {numbers}"), "}"),
        (format!("\r\n\t{{\r\n \"a\": {numbers}"), "\r\n}\r\n\r\n"),
        (format!(r#"{{"model_type": "llama", "a": {numbers}, "z": {{}}"#), " \n }"),
    ] {
        let text = format!("{before}{after}");
        let [quantized, back] = configs(&text);
        let added = quantized.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after));
        let added = added.unwrap_or_else(|| panic!("{quantized}"));
        assert!(added.starts_with(",\n  \"quantization_config\": {"), "{added}");
        let value: Value = serde_json::from_str(&format!("{{{}}}", &added[1..])).unwrap();
        assert_eq!(value["quantization_config"]["quant_method"], "compressed-tensors");
        assert_eq!(back, text);
    }
}

/// A null is replaced where it stands.
#[test]
fn the_config_gains_a_key_where_it_was() {
    for (before, after, without) in [
        ("{\"quantization_config\":", " , \"x\": [Infinity]}", "{\"x\": [Infinity]}"),
        ("{\"a\": 1, \"quantization_config\":", ",\n\"x\": 1}", "{\"a\": 1,\n\"x\": 1}"),
        ("{ \"quantization_config\":", " }", "{  }"),
    ] {
        let [quantized, back] = configs(&format!("{before}null{after}"));
        let value = quantized.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        let value: Value = serde_json::from_str(value.expect(&quantized)).unwrap();
        assert_eq!(value["quantization_status"], "compressed");
        assert_eq!(back, without);
    }
    // What stands in parts is not about this one's quantization.
    let text = "{\"a\": {\"quantization_config\": null, \"b\": {\"compression_config\": null}}}";
    assert_eq!(configs(text)[1], text);
    let [quantized, back] = configs("{}");
    assert!(quantized.starts_with("{\n  \"quantization_config\": {"), "{quantized}");
    assert_eq!(back, "{\n  \n}");
}

/// Parts of parts are looked at as far as models have any.
#[test]
fn a_config_of_any_depth() {
    const LEVELS: usize = 50_000;
    let part = "{\"model_type\": \"llama\", \"a\": ".repeat(LEVELS);
    let text = format!("{part}{{}}{}", "}".repeat(LEVELS));
    let [quantized, back] = configs(&text);
    assert!(quantized.matches("quantization_config").count() < 20);
    assert_eq!(back, text);
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
                "ignore": ["classifier", "lm_head", "model.embed_tokens", "qa_outputs", "score"],
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
        ("optimizer.py", "no state"),
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
        "training_args.bin",
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
            "training_args.bin",
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
