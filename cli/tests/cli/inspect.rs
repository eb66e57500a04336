//! What `absmax inspect` shows of checkpoints, quantized or not.

use std::fs;
use std::path::Path;

use half::{bf16, f16};
use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Model, Tensor, absmax, absmax_and_leave, quantize, raw_file, read_model};

fn inspect(path: &Path, options: &[&str]) -> Value {
    let run = absmax([&["inspect", "--json", path.to_str().unwrap()], options].concat());
    let run = run.succeeded();
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    run.json()
}

fn tensor<'a>(inspection: &'a Value, name: &str) -> &'a Value {
    let tensors = inspection["tensors"].as_array().unwrap();
    tensors.iter().find(|tensor| tensor["name"] == name).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    let width = tensor.dtype.bitsize() / 8;
    let value = |bytes: &[u8]| match tensor.dtype {
        Dtype::F64 => f64::from_le_bytes(bytes.try_into().unwrap()),
        Dtype::F32 => f32::from_le_bytes(bytes.try_into().unwrap()).into(),
        Dtype::F16 => f16::from_le_bytes(bytes.try_into().unwrap()).into(),
        Dtype::BF16 => bf16::from_le_bytes(bytes.try_into().unwrap()).into(),
        Dtype::I8 => f64::from(bytes[0] as i8),
        other => panic!("{other} values"),
    };
    tensor.bytes.chunks(width).map(value).collect()
}

/// Several slabs of every type, with what is not finite at the edges of slabs.
#[test]
fn statistics_are_those_of_the_values() {
    let shape = [400, 1000];
    let mut tensors = Vec::new();
    for (name, dtype) in
        [("a", Dtype::F64), ("b.weight", Dtype::F32), ("c", Dtype::F16), ("d", Dtype::BF16)]
    {
        let tensor = Tensor::random(dtype, &shape)
            .with(0, f32::NAN)
            .with((1 << 17) - 1, f32::INFINITY)
            .with(1 << 17, f32::NEG_INFINITY)
            .with(399_999, -0.0);
        tensors.push((name, tensor));
    }
    let bytes = (0..=u8::MAX).collect();
    tensors.push(("q", Tensor { dtype: Dtype::I8, shape: vec![16, 16], bytes }));
    let model = Model::new().weights("model.safetensors", &tensors);
    let inspection = inspect(&model.source(), &[]);
    for (name, expected) in &tensors {
        let found = tensor(&inspection, name);
        assert_eq!(found["shape"], json!(expected.shape), "{name}");
        assert_eq!(found["dtype"], expected.dtype.to_string(), "{name}");
        assert_eq!(found["file"], "model.safetensors", "{name}");
        assert_eq!(found["bytes"], expected.bytes.len(), "{name}");
        let values = values(expected);
        let finite: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        assert_eq!(found["not_finite"], values.len() - finite.len(), "{name}");
        assert_eq!(found["zeros"], finite.iter().filter(|x| **x == 0.0).count(), "{name}");
        let min = finite.iter().copied().fold(f64::INFINITY, f64::min);
        let max = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let abs_max = min.abs().max(max.abs());
        assert_eq!((&found["min"], &found["max"]), (&json!(min), &json!(max)), "{name}");
        assert_eq!(found["abs_max"], json!(abs_max), "{name}");
        let mean = finite.iter().map(|x| x.abs()).sum::<f64>() / finite.len() as f64;
        for (key, expected) in [("mean_abs", mean), ("outlier", abs_max / mean)] {
            let found = found[key].as_f64().unwrap();
            assert!((found / expected - 1.0).abs() < 1e-12, "{name} {key}: {found} {expected}");
        }
    }
    let bytes: usize = tensors.iter().map(|(_, tensor)| tensor.bytes.len()).sum();
    let totals = &inspection["totals"];
    assert_eq!(totals["tensors"], tensors.len());
    assert_eq!(totals["bytes"], bytes);
    assert_eq!(totals["parameters"], 4 * 400 * 1000 + 256);
    let f32s = json!({ "tensors": 1, "values": 400_000, "bytes": 1_600_000 });
    assert_eq!(totals["dtypes"]["F32"], f32s);
    for threads in ["1", "2", "3"] {
        assert_eq!(inspect(&model.source(), &["--threads", threads]), inspection, "{threads}");
    }
}

#[test]
fn tensors_without_numbers_have_none() {
    let nan = Tensor::of(Dtype::F32, &[3], [f32::NAN; 3]);
    let tensors = [
        ("nan", nan),
        ("none", Tensor::zeros(Dtype::F32, &[0, 4])),
        ("zero", Tensor::zeros(Dtype::F32, &[2])),
        ("counts", Tensor::zeros(Dtype::I64, &[5])),
        ("flags", Tensor::zeros(Dtype::BOOL, &[5])),
        ("packed", Tensor::zeros(Dtype::U8, &[5])),
        ("scalar", Tensor::zeros(Dtype::F8_E4M3, &[])),
    ];
    let model = Model::new().weights("model.safetensors", &tensors);
    let inspection = inspect(&model.source(), &[]);
    let null = Value::Null;
    for name in ["nan", "none"] {
        let tensor = tensor(&inspection, name);
        for key in ["min", "max", "abs_max", "mean_abs", "outlier"] {
            assert_eq!(tensor[key], null, "{name} {key}");
        }
        assert_eq!(tensor["not_finite"], if name == "nan" { 3 } else { 0 });
    }
    let zero = tensor(&inspection, "zero");
    assert_eq!((&zero["abs_max"], &zero["outlier"]), (&json!(0.0), &null));
    for name in ["counts", "flags", "packed", "scalar"] {
        assert_eq!(tensor(&inspection, name).get("min"), None, "{name}");
    }
    assert_eq!(tensor(&inspection, "scalar")["bytes"], 1);
}

#[test]
fn text_has_a_row_a_tensor_and_the_totals() {
    let model = Model::small();
    let source = model.source();
    let run = absmax(["inspect", source.to_str().unwrap()]).succeeded();
    let head = run.stdout.lines().next().unwrap();
    for column in ["tensor", "shape", "dtype", "min", "max", "max |x|", "mean |x|", "outlier"] {
        assert!(head.contains(column), "{column:?} is not in {head}");
    }
    let row = run.stdout.lines().find(|line| line.contains("up_proj.weight")).unwrap();
    assert!(row.contains("[40, 24]") && row.contains("F32"), "{row}");
    let values = 32 * 24 + 40 + 40 * 24 + 24;
    for part in ["zeros", "not finite", &format!("4 tensors, {},{} parameters", 1, values % 1000)] {
        assert!(run.stdout.contains(part), "{part:?} is not in {}", run.stdout);
    }
    let help = absmax(["inspect", "--help"]).succeeded().stdout;
    assert!(help.contains("max |x| / mean |x|"), "{help}");
}

#[test]
fn quantized_checkpoints() {
    let cases: [(&[&str], &str, Value); 4] = [
        (
            &["--scheme", "w8a8"],
            "int-quantized",
            json!({ "bits": 8, "type": "int", "strategy": "channel", "group_size": null,
                "symmetric": true, "dynamic": false }),
        ),
        (
            &["--scheme", "w8a16", "--granularity", "tensor", "--asymmetric"],
            "pack-quantized",
            json!({ "bits": 8, "type": "int", "strategy": "tensor", "group_size": null,
                "symmetric": false, "dynamic": false }),
        ),
        (
            &["--scheme", "w4a16", "--granularity", "group=8"],
            "pack-quantized",
            json!({ "bits": 4, "type": "int", "strategy": "group", "group_size": 8,
                "symmetric": true, "dynamic": false }),
        ),
        (
            &["--scheme", "w4a16", "--granularity", "channel"],
            "pack-quantized",
            json!({ "bits": 4, "type": "int", "strategy": "channel", "group_size": null,
                "symmetric": true, "dynamic": false }),
        ),
    ];
    let model = Model::small();
    let before = inspect(&model.source(), &[]);
    assert_eq!(before["quantization"], Value::Null);
    for (options, format, weights) in cases {
        let options = [options, &["--force"]].concat();
        quantize(&model.source(), &model.out(), &options).succeeded();
        let after = inspect(&model.out(), &[]);
        let quantization = &after["quantization"];
        assert_eq!(quantization["method"], "compressed-tensors");
        assert_eq!(quantization["format"], format);
        let group = &quantization["groups"][0];
        assert_eq!((&group["name"], &group["targets"]), (&json!("group_0"), &json!(["Linear"])));
        assert_eq!(group["weights"], weights, "{options:?}");
        assert_eq!(after["totals"]["parameters"], before["totals"]["parameters"], "{options:?}");
        let stored = read_model(&model.out());
        assert_eq!(after["totals"]["tensors"], stored.len());
        let bytes: usize = stored.values().map(|tensor| tensor.bytes.len()).sum();
        assert_eq!(after["totals"]["bytes"], bytes);
        let out = model.out();
        let text = absmax(["inspect", out.to_str().unwrap()]).succeeded().stdout;
        let bits = format!("{} bits, int", weights["bits"]);
        for part in ["quantized by compressed-tensors", format, &bits, "targets Linear"] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }
}

/// Each group of a config that has several.
#[test]
fn groups_of_a_mixed_checkpoint() {
    let tensors = [
        ("a.proj.weight", Tensor::random(Dtype::F32, &[16, 64])),
        ("b.proj.weight", Tensor::random(Dtype::F32, &[16, 64])),
    ];
    let model = Model::new().weights("model.safetensors", &tensors);
    let options = ["--override", "b.proj=w4a16,group=32"];
    quantize(&model.source(), &model.out(), &options).succeeded();
    let inspection = inspect(&model.out(), &[]);
    let groups = inspection["quantization"]["groups"].as_array().unwrap();
    let bits: Vec<_> = groups.iter().map(|group| &group["weights"]["bits"]).collect();
    assert_eq!(bits, [&json!(8), &json!(4)]);
    assert_eq!(groups[1]["targets"], json!(["b.proj"]));
    assert_eq!(groups[0]["input_activations"]["strategy"], "token");
    assert_eq!(groups[1]["input_activations"], Value::Null);
    assert_eq!(inspection["totals"]["parameters"], 2 * 16 * 64);
}

/// Whatever a config says, it is shown and not refused.
#[test]
fn configs_of_other_methods() {
    let packed = ("a.proj.qweight", Tensor::zeros(Dtype::I32, &[2, 16]));
    let cases = [
        (
            json!({ "quant_method": "gptq", "bits": 4, "group_size": 128, "sym": true }),
            "gptq",
            "4 bits, group of 128, symmetric",
        ),
        (
            json!({ "quant_method": "awq", "bits": 4, "group_size": 64, "zero_point": true }),
            "awq",
            "4 bits, group of 64, asymmetric",
        ),
        (
            json!({ "quant_method": "bitsandbytes", "load_in_4bit": true, "load_in_8bit": false,
                "bnb_4bit_quant_type": "nf4" }),
            "bitsandbytes",
            "4 bits, nf4",
        ),
        (json!({ "quant_method": 7, "config_groups": [], "ignore": {} }), "not said", "not said"),
        (json!(["\u{1b}[2J"]), "not said", "not said"),
        (
            json!({ "config_groups": { "\u{1b}[2J": { "targets": 1, "weights": { "num_bits": -4 } } } }),
            "not said",
            r"\u{1b}[2J: weights not said",
        ),
    ];
    for (config, method, weights) in cases {
        let model = Model::new()
            .config(&json!({ "quantization_config": config }))
            .weights("model.safetensors", std::slice::from_ref(&packed));
        let source = model.source();
        let run = absmax(["inspect", source.to_str().unwrap()]).succeeded();
        for part in [&format!("quantized by {method}"), weights, "an unknown number of parameters"]
        {
            assert!(run.stdout.contains(part), "{part:?} is not in {}", run.stdout);
        }
        assert_eq!(inspect(&source, &[])["totals"]["parameters"], Value::Null);
    }
}

#[test]
fn directories_without_a_config_and_single_files() {
    let model = Model::small();
    let with = inspect(&model.source(), &[]);
    fs::remove_file(model.source().join("config.json")).unwrap();
    assert_eq!(inspect(&model.source(), &[]), with);
    // Quantizing wants to know what it is.
    quantize(&model.source(), &model.out(), &[]).failed_with(&["no config.json"]);
    let file = inspect(&model.source().join("model.safetensors"), &[]);
    assert_eq!(file["tensors"], with["tensors"]);

    let shards = [
        ("model-00001-of-00002.safetensors", vec![("b", Tensor::random(Dtype::F32, &[3]))]),
        ("model-00002-of-00002.safetensors", vec![("a", Tensor::random(Dtype::F32, &[4]))]),
    ];
    let model = Model::new().shards(&shards);
    let inspection = inspect(&model.source(), &[]);
    let names: Vec<_> =
        inspection["tensors"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert_eq!(names, ["b", "a"]);
}

#[test]
fn what_cannot_be_read_is_named() {
    let model = Model::new();
    let source = model.source();
    let inspect = |path: &Path| absmax(["inspect", path.to_str().unwrap()]);
    inspect(&source).failed_with(&["holds no safetensors file", source.to_str().unwrap()]);
    inspect(&model.beside("nowhere")).failed_with(&["nowhere"]);
    inspect(&source.join("config.json")).failed_with(&["neither a directory nor a safetensors"]);
    let model = Model::small();
    let path = model.source().join("model.safetensors");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    inspect(&model.source()).failed_with(&["model.safetensors", "truncated"]);
    fs::write(&path, &whole).unwrap();
    let model = model.file("config.json", "{");
    inspect(&model.source()).failed_with(&["config.json is not a valid config"]);
    assert_eq!(absmax(["inspect"]).code, Some(2));
}

#[test]
fn names_are_printed_as_they_are_written() {
    let entry = json!({ "dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64] });
    let file = raw_file(&json!({ "\u{1b}[2J\nx.weight": entry }), &[0; 64]);
    let model = Model::new().file("model.safetensors", file);
    let source = model.source();
    let run = absmax(["inspect", source.to_str().unwrap()]).succeeded();
    assert!(!run.stdout.contains('\u{1b}'), "{}", run.stdout);
    assert!(run.stdout.contains(r" \u{1b}[2J\nx.weight "), "{}", run.stdout);
    assert_eq!(inspect(&source, &[])["tensors"][0]["name"], "\u{1b}[2J\nx.weight");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let names: Vec<String> = (0..3000).map(|i| format!("layers.{i}.a.long.name.bias")).collect();
    let tensor = |name| (name, Tensor::zeros(Dtype::F32, &[1]));
    let tensors: Vec<_> = names.iter().map(|name| tensor(name.as_str())).collect();
    let model = Model::new().weights("model.safetensors", &tensors);
    let source = model.source();
    let run = absmax_and_leave(["inspect", source.to_str().unwrap()]).succeeded();
    assert_eq!(run.stderr, "");
}
