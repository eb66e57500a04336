//! Safetensors files that are broken or lie: one message that names the file, and nothing written.

use std::fs;

use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::common::{Model, quantize, raw_file, safetensors_file};

/// Quantizing a model of this file fails with a message that says all of this.
#[track_caller]
fn refused(bytes: &[u8], parts: &[&str]) {
    let library = SafeTensors::deserialize(bytes);
    assert!(library.is_err(), "the safetensors library accepts it");
    refused_by_us(bytes, parts);
}

#[track_caller]
fn refused_by_us(bytes: &[u8], parts: &[&str]) {
    let model = Model::new().file("model.safetensors", bytes);
    let name = model.source().join("model.safetensors");
    let mut parts = parts.to_vec();
    parts.push(name.to_str().unwrap());
    for options in [&["--dry-run"][..], &[]] {
        quantize(&model.source(), &model.out(), options).failed_with(&parts);
        assert!(!model.out().exists());
    }
}

fn header(tensors: &Value) -> Vec<u8> {
    raw_file(tensors, &[0; 64])
}

#[test]
fn truncated() {
    let whole = safetensors_file(&Model::small_tensors(safetensors::Dtype::F32));
    let header_end = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    for len in [0, 1, 7] {
        refused(&whole[..len], &["truncated", &format!("{len} bytes")]);
    }
    for len in [8, 9, header_end - 1] {
        let parts = ["truncated", &format!("{len} bytes"), &format!("ends at {header_end}")];
        refused(&whole[..len], &parts);
    }
    for len in [header_end, header_end + 1, whole.len() - 1] {
        let promised = format!("promises {}", whole.len());
        refused(&whole[..len], &["truncated", &format!("{len} bytes"), &promised]);
    }
    let longer = [&whole[..], &[0]].concat();
    refused(&longer, &["goes on after its data", &(whole.len() + 1).to_string()]);
}

#[test]
fn headers_that_are_too_large() {
    for len in [100_000_001, u64::MAX / 2, u64::MAX] {
        let file = [&len.to_le_bytes()[..], b"{}"].concat();
        refused(&file, &[&format!("{len} bytes"), "limit is 100000000"]);
    }
    let file = [&100_000_000_u64.to_le_bytes()[..], b"{}"].concat();
    refused(&file, &["truncated", "100000008"]);
}

#[test]
fn headers_that_are_not_headers() {
    let with = |text: &[u8]| [&(text.len() as u64).to_le_bytes()[..], text].concat();
    refused(&with(b""), &["not a JSON object"]);
    refused(&with(b"{"), &["not a JSON object"]);
    refused(&with(b"[]"), &["not a JSON object", "expected an object"]);
    refused(&with(b"{} {}"), &["not a JSON object", "trailing"]);
    refused(&with(b"\xff{}"), &["not UTF-8"]);
    refused(&with(&b"[".repeat(100_000)), &["not a JSON object"]);
    refused(&with(br#"{"__metadata__": {"a": 1}}"#), &["__metadata__", "expected a string"]);
    let twice = br#"{"a": {"dtype":"U8","shape":[0],"data_offsets":[0,0]}, "a": null}"#;
    refused(&with(twice), &["\"a\" is there twice"]);
    let twice = br#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#;
    refused_by_us(&with(twice), &["\"a\" is there twice"]);
}

#[test]
fn tensors_that_are_not_tensors() {
    let one = |entry: Value| header(&json!({ "x.weight": entry }));
    refused(&one(json!(null)), &["tensor x.weight"]);
    refused(&one(json!({ "dtype": "F32", "shape": [4] })), &["tensor x.weight", "data_offsets"]);
    for dtype in ["F7", "f32", "", "F32\u{1b}[2J"] {
        let entry = json!({ "dtype": dtype, "shape": [16], "data_offsets": [0, 64] });
        refused(&one(entry), &["tensor x.weight", "unknown dtype"]);
    }
    for shape in [json!([-1]), json!([1.5]), json!(["16"]), json!(16), json!([1e30])] {
        let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [0, 64] });
        refused(&one(entry), &["tensor x.weight"]);
    }
}

#[test]
fn shapes_that_do_not_fit() {
    let one = |dtype: &str, shape: Value, end: usize| {
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [0, end] });
        header(&json!({ "x.weight": entry }))
    };
    refused(&one("F32", json!([4, 3]), 64), &["x.weight", "takes 48 bytes and has 64"]);
    refused(&one("F32", json!([4, 5]), 64), &["x.weight", "takes 80 bytes and has 64"]);
    let large = 1_u64 << 32;
    refused(&one("F32", json!([large, large, 16]), 64), &["x.weight", "no size"]);
    refused(&one("F32", json!([1_u64 << 62, 2]), 64), &["x.weight", "no size"]);
    refused(&one("F4", json!([3]), 1), &["x.weight", "no size"]);
    // Such a tensor has no values, and as many rows as would fill any memory with scales.
    let none = json!({ "x.weight": { "dtype": "F32", "shape": [1_u64 << 60, 0], "data_offsets": [0, 0] } });
    let model = Model::new().file("model.safetensors", raw_file(&none, &[]));
    quantize(&model.source(), &model.out(), &[]).failed_with(&["nothing to quantize"]);
}

#[test]
fn offsets_that_do_not_fit() {
    let two = |a: [u64; 2], b: [u64; 2]| {
        let entry = |[begin, end]: [u64; 2]| {
            let elements = end.saturating_sub(begin) / 4;
            json!({ "dtype": "F32", "shape": [elements], "data_offsets": [begin, end] })
        };
        header(&json!({ "a": entry(a), "b": entry(b) }))
    };
    refused(&two([0, 36], [32, 64]), &["tensor b", "32 to 64", "ends at 36"]);
    refused(&two([0, 32], [0, 32]), &["tensor b", "0 to 32", "ends at 32"]);
    refused(&two([0, 28], [32, 64]), &["nothing covers bytes 28 to 32", "tensor b"]);
    refused(&two([4, 32], [32, 64]), &["nothing covers bytes 0 to 4", "tensor a"]);
    refused(&two([0, 32], [32, 60]), &["goes on after its data"]);
    refused(&two([0, 32], [32, 68]), &["truncated"]);
    refused(&two([0, 64], [64, 32]), &["tensor b", "64 to 32"]);
    refused(&two([0, u64::MAX], [32, 64]), &["tensor"]);
    refused(&two([0, 32], [32, u64::MAX - 3]), &["tensor b"]);
}

/// As the safetensors library reads it.
#[test]
fn metadata_that_are_null() {
    let entry = json!({ "dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64] });
    let file = header(&json!({ "__metadata__": null, "x.weight": entry }));
    SafeTensors::deserialize(&file).unwrap();
    let model = Model::new().file("model.safetensors", file);
    quantize(&model.source(), &model.out(), &[]).succeeded();
    let written = fs::read(model.out().join("model.safetensors")).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&written).unwrap();
    let format = [("format".to_owned(), "pt".to_owned())].into();
    assert_eq!(metadata.metadata().as_ref(), Some(&format));
}

/// What steers a terminal does not reach it.
#[test]
fn names_are_printed_as_they_are_written() {
    let entry = json!({ "dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64] });
    let file = header(&json!({ "\u{1b}[2J\nx.weight": entry }));
    let model = Model::new().file("model.safetensors", file);
    let run = quantize(&model.source(), &model.out(), &[]).succeeded();
    assert!(run.stdout.starts_with(r"\u{1b}[2J\nx.weight"), "{}", run.stdout);
    fs::remove_dir_all(model.out()).unwrap();
    let run = quantize(&model.source(), &model.out(), &["--json"]).succeeded();
    assert_eq!(run.json()["tensors"][0]["name"], "\u{1b}[2J\nx.weight");
}
