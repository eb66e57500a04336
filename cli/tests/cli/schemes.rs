//! Every scheme as it is stored: integers, scales, zero points and the config, by the reference.

use std::collections::BTreeMap;
use std::fs;

use absmax::{Element, Range, ScaleType, Scheme, reference};
use half::{bf16, f16};
use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Model, Tensor, is_emulated, quantize, read_model};

const UP: &str = "model.layers.0.mlp.up_proj";

/// A model with one weight of this dtype and shape.
fn model(dtype: Dtype, shape: &[usize]) -> Model {
    let weight = Tensor::random(dtype, shape);
    Model::new().weights("model.safetensors", &[(&format!("{UP}.weight"), weight)])
}

/// Values that share a scale in rows of so many.
#[derive(Clone, Copy, Debug)]
enum Sets {
    Tensor,
    Channel,
    Group(usize),
}

/// The weight by the definition: integers, scales and zero points.
struct Expected {
    q: Vec<i32>,
    scales: Vec<f32>,
    zero_points: Vec<i32>,
}

fn expected<T: Element>(x: &[T], row_len: usize, sets: Sets, scheme: Scheme) -> Expected {
    let set = match sets {
        Sets::Tensor => x.len(),
        Sets::Channel => row_len,
        Sets::Group(size) => size,
    };
    let mut expected = Expected { q: vec![], scales: vec![], zero_points: vec![] };
    for values in x.chunks(set) {
        let (min, max) = reference::min_max(values).unwrap();
        let (scale, zero_point) = reference::choose(min, max, scheme);
        let params = scheme.params_of(scale, zero_point).unwrap();
        expected.q.extend(values.iter().map(|&x| reference::quantize_one(x, params)));
        expected.scales.push(scale);
        expected.zero_points.push(zero_point);
    }
    expected
}

fn reference_of(weight: &Tensor, sets: Sets, scheme: Scheme) -> Expected {
    let row_len = weight.shape[1];
    let pairs = || weight.bytes.chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    match weight.dtype {
        Dtype::F16 => {
            let x: Vec<f16> = pairs().map(f16::from_bits).collect();
            expected(&x, row_len, sets, scheme.with_scale_type(ScaleType::F16))
        }
        Dtype::BF16 => {
            let x: Vec<bf16> = pairs().map(bf16::from_bits).collect();
            expected(&x, row_len, sets, scheme.with_scale_type(ScaleType::Bf16))
        }
        _ => {
            let x: Vec<f32> =
                weight.bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            expected(&x, row_len, sets, scheme)
        }
    }
}

/// u = q + 2^(bits - 1) of each, as one stream of bits that every row starts anew in a 32-bit word.
fn words(q: &[i32], row_len: usize, bits: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in q.chunks(row_len) {
        let mut packed = vec![0u32; (row_len * bits).div_ceil(32)];
        for (i, q) in row.iter().enumerate() {
            let u = (q + (1 << (bits - 1))) as u32;
            packed[i * bits / 32] |= u << (i * bits % 32);
        }
        bytes.extend(packed.into_iter().flat_map(u32::to_le_bytes));
    }
    bytes
}

/// The tensors that should have taken the weight's place.
fn stored(
    weight: &Tensor,
    sets: Sets,
    scheme: Scheme,
    packed: Option<usize>,
) -> BTreeMap<String, Tensor> {
    let Expected { q, scales, zero_points } = reference_of(weight, sets, scheme);
    let (rows, row_len) = (weight.shape[0], weight.shape[1]);
    let sets_shape = match sets {
        Sets::Tensor => vec![1],
        Sets::Channel => vec![rows, 1],
        Sets::Group(size) => vec![rows, row_len / size],
    };
    let bytes = |q: &[i32]| q.iter().map(|&q| q as u8).collect::<Vec<u8>>();
    let mut tensors = BTreeMap::new();
    let mut add = |suffix: &str, dtype, shape: Vec<usize>, bytes| {
        tensors.insert(format!("{UP}.weight{suffix}"), Tensor { dtype, shape, bytes });
    };
    let scale = Tensor::of(weight.dtype, &sets_shape, scales);
    add("_scale", weight.dtype, sets_shape.clone(), scale.bytes);
    if !scheme.is_symmetric() {
        match packed {
            Some(bits) if sets_shape.len() == 2 => {
                // Along the first axis: column by column.
                let (height, width) = (sets_shape[0], sets_shape.get(1).copied().unwrap_or(1));
                let column = |c| (0..height).map(move |r| r * width + c);
                let transposed: Vec<i32> =
                    (0..width).flat_map(column).map(|i| zero_points[i]).collect();
                let packed = words(&transposed, height, bits);
                let packed: Vec<&[u8]> = packed.chunks(4).collect();
                let words = packed.len() / width;
                let ordered = (0..words).flat_map(|w| (0..width).map(move |c| c * words + w));
                let bytes = ordered.flat_map(|i| packed[i].to_vec()).collect();
                let mut shape = sets_shape;
                shape[0] = words;
                add("_zero_point", Dtype::I32, shape, bytes);
            }
            _ => add("_zero_point", Dtype::I8, sets_shape, bytes(&zero_points)),
        }
    }
    match packed {
        None => add("", Dtype::I8, weight.shape.clone(), bytes(&q)),
        Some(bits) => {
            add(
                "_packed",
                Dtype::I32,
                vec![rows, (row_len * bits).div_ceil(32)],
                words(&q, row_len, bits),
            );
            let shape =
                [rows as i64, row_len as i64].iter().flat_map(|d| d.to_le_bytes()).collect();
            add("_shape", Dtype::I64, vec![2], shape);
        }
    }
    tensors
}

#[test]
fn every_scheme_is_stored_as_the_format_says() {
    let int = |bits| Scheme::int8().bits(bits).unwrap();
    let cases: [(&str, Scheme, Sets, Option<usize>); 14] = [
        ("", int(8), Sets::Channel, None),
        ("--granularity tensor", int(8), Sets::Tensor, None),
        ("--granularity group=24", int(8), Sets::Group(24), None),
        ("--range full", int(8).with_range(Range::Full), Sets::Channel, None),
        ("--asymmetric", int(8).affine(), Sets::Channel, None),
        ("--asymmetric --granularity tensor", int(8).affine(), Sets::Tensor, None),
        ("--bits 5", int(5), Sets::Channel, None),
        ("--reduce-range", int(7), Sets::Channel, None),
        ("--scheme w8a16", int(8), Sets::Channel, Some(8)),
        (
            "--scheme w8a16 --asymmetric --granularity group=8",
            int(8).affine(),
            Sets::Group(8),
            Some(8),
        ),
        ("--scheme w4a16 --granularity group=24", int(4), Sets::Group(24), Some(4)),
        (
            "--scheme w4a16 --granularity channel --range narrow",
            int(4).with_range(Range::Narrow),
            Sets::Channel,
            Some(4),
        ),
        (
            "--scheme w4a16 --asymmetric --granularity group=8",
            int(4).affine(),
            Sets::Group(8),
            Some(4),
        ),
        (
            "--scheme w4a16 --asymmetric --granularity tensor --bits 3",
            int(3).affine(),
            Sets::Tensor,
            Some(4),
        ),
    ];
    let dtypes = [Dtype::F32, Dtype::F16, Dtype::BF16];
    for (case, (options, scheme, sets, packed)) in cases.into_iter().enumerate() {
        for dtype in if is_emulated() { &dtypes[case % 3..][..1] } else { &dtypes[..] } {
            for shape in [[40, 24], [3, 72], [13, 24]] {
                let model = model(*dtype, &shape);
                let options: Vec<&str> = options.split_whitespace().collect();
                quantize(&model.source(), &model.out(), &options).succeeded();
                let weight = &read_model(&model.source())[&format!("{UP}.weight")];
                let (found, expected) =
                    (read_model(&model.out()), stored(weight, sets, scheme, packed));
                let names = |tensors: &BTreeMap<String, Tensor>| {
                    tensors.keys().cloned().collect::<Vec<_>>()
                };
                assert_eq!(names(&found), names(&expected), "{options:?}");
                for (name, tensor) in &found {
                    assert!(*tensor == expected[name], "{name} {options:?} {dtype} {shape:?}");
                }
            }
        }
    }
}

/// Rows so long, and so many, that there are several slabs.
#[test]
fn several_slabs() {
    for (options, scheme, packed) in [
        ("--scheme w4a16", Scheme::int4(), Some(4)),
        ("--scheme w4a16 --asymmetric", Scheme::int4().affine(), Some(4)),
        ("--granularity group=128", Scheme::int8(), None),
    ] {
        for shape in [[300, 1024], [3, 1 << 17], [2, 3 << 16]] {
            let model = model(Dtype::BF16, &shape);
            let options: Vec<&str> = options.split_whitespace().collect();
            quantize(&model.source(), &model.out(), &options).succeeded();
            let weight = &read_model(&model.source())[&format!("{UP}.weight")];
            let expected = stored(weight, Sets::Group(128), scheme, packed);
            for (name, tensor) in &read_model(&model.out()) {
                assert!(*tensor == expected[name], "{name} {options:?} {shape:?}");
            }
        }
    }
}

fn config(model: &Model) -> Value {
    let text = fs::read_to_string(model.out().join("config.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["quantization_config"].clone()
}

#[test]
fn the_config_says_what_was_done() {
    let model = model(Dtype::F32, &[40, 24]);
    quantize(&model.source(), &model.out(), &["--scheme", "w4a16", "--granularity", "group=8"])
        .succeeded();
    let config = config(&model);
    assert_eq!(config["format"], "pack-quantized");
    assert_eq!(
        config["config_groups"],
        json!({ "group_0": {
            "targets": ["Linear"],
            "weights": {
                "num_bits": 4, "type": "int", "symmetric": true, "strategy": "group",
                "group_size": 8, "dynamic": false, "observer": "minmax",
            },
            "input_activations": null,
            "output_activations": null,
            "format": "pack-quantized",
        }})
    );
}

#[test]
fn overrides_make_groups_of_the_config() {
    let linear = |name: &str| {
        (format!("model.layers.0.{name}.weight"), Tensor::random(Dtype::F32, &[16, 16]))
    };
    let names = ["mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", "self_attn.q_proj"];
    let tensors: Vec<_> = names.into_iter().map(linear).collect();
    let tensors: Vec<(&str, Tensor)> =
        tensors.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
    let model = Model::new().weights("model.safetensors", &tensors);
    let options = [
        "--scheme",
        "w4a16",
        "--granularity",
        "group=8",
        "--json",
        "--override",
        "re:.*down_proj=w8a8",
        "--override",
        "model.layers.0.mlp.gate_proj=w8a16,asymmetric",
        "--override",
        "re:.*gate_proj=w8a8",
        "--override",
        "nothing=w8a8",
    ];
    let run = quantize(&model.source(), &model.out(), &options).succeeded();
    let report = run.json();
    let warnings: Vec<&str> =
        report["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let expect = |text: &str| assert!(warnings.iter().any(|w| w.contains(text)), "{warnings:?}");
    expect("--override nothing=w8a8,channel matches no two-dimensional weight");
    expect("--override re:.*gate_proj=w8a8,channel has no effect");
    expect(
        "mlp.gate_proj is w8a16,channel,asymmetric, model.layers.0.mlp.up_proj is w4a16,group=8",
    );
    expect("groups of 32, 64 and 128");
    let schemes: Vec<&Value> =
        report["tensors"].as_array().unwrap().iter().map(|tensor| &tensor["scheme"]).collect();
    let expected = ["w8a8,channel", "w8a16,channel,asymmetric", "w4a16,group=8", "w4a16,group=8"];
    assert_eq!(schemes, expected.map(|s| json!(s)).iter().collect::<Vec<_>>());

    let config = config(&model);
    assert_eq!(config["format"], "mixed-precision");
    let group = |i: usize, key: &str| config["config_groups"][format!("group_{i}")][key].clone();
    assert_eq!(
        group(0, "targets"),
        json!(["model.layers.0.mlp.up_proj", "model.layers.0.self_attn.q_proj"])
    );
    expect("mixed schemes");
    assert_eq!(group(1, "targets"), json!(["model.layers.0.mlp.down_proj"]));
    assert_eq!(group(2, "targets"), json!(["model.layers.0.mlp.gate_proj"]));
    assert_eq!(group(1, "input_activations")["strategy"], "token");
    assert_eq!(
        [0, 1, 2].map(|i| group(i, "format")),
        ["pack-quantized", "int-quantized", "pack-quantized"]
    );
    assert_eq!(group(2, "weights")["symmetric"], false);

    let names: Vec<String> = read_model(&model.out()).into_keys().collect();
    assert!(names.contains(&"model.layers.0.mlp.gate_proj.weight_zero_point".to_owned()));
    assert!(names.contains(&"model.layers.0.mlp.down_proj.weight".to_owned()));
}
