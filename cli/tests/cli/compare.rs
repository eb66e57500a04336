//! Comparisons of checkpoints, and checkpoints put back into floating point.

use std::fs;

use absmax::Backend;
use safetensors::Dtype;
use serde_json::Value;

use crate::common::{Model, Tensor, absmax, listing, quantize, read_model};

const UP: &str = "model.layers.0.mlp.up_proj.weight";
const SCHEMES: [&str; 6] = [
    "--scheme w8a8",
    "--scheme w8a8 --granularity tensor --asymmetric",
    "--scheme w8a16",
    "--scheme w4a16 --granularity group=8",
    "--scheme w4a16 --granularity channel --asymmetric",
    "--scheme w8a16 --granularity group=24 --asymmetric",
];

fn model(dtype: Dtype) -> Model {
    let mut tensors = Model::small_tensors(dtype);
    tensors.push(("model.steps", Tensor::zeros(Dtype::I64, &[3])));
    Model::new()
        .shards(&[("model-00001-of-00001.safetensors", tensors)])
        .file("tokenizer.json", "{}")
}

fn compare(a: &std::path::Path, b: &std::path::Path, options: &[&str]) -> Value {
    let paths = [a.to_str().unwrap(), b.to_str().unwrap()];
    absmax([&["compare", "--json"], &paths[..], options].concat()).succeeded().json()
}

fn f32s(tensor: &Tensor) -> Vec<f32> {
    tensor.bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn there_and_back() {
    for options in SCHEMES {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
            let model = model(dtype);
            let back = model.beside("back");
            let options: Vec<&str> = options.split_whitespace().chain(["--json"]).collect();
            let report = quantize(&model.source(), &model.out(), &options).succeeded().json();
            let (out, source) = (model.out(), model.source());
            absmax(["dequantize", out.to_str().unwrap(), "-o", back.to_str().unwrap()]).succeeded();
            assert_eq!(listing(&back), listing(&source));
            let (before, after) = (read_model(&source), read_model(&back));
            assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
            for (name, tensor) in &after {
                assert_eq!(
                    (tensor.dtype, &tensor.shape),
                    (before[name].dtype, &before[name].shape)
                );
                assert_eq!(tensor == &before[name], name != UP, "{name}");
            }
            let config = fs::read_to_string(back.join("config.json")).unwrap();
            assert!(!config.contains("quantization_config"));

            // The figures are those that quantize printed.
            let of_quantize = report["tensors"].as_array().unwrap();
            let of_quantize = of_quantize.iter().find(|t| t["name"] == UP).unwrap();
            let compared = compare(&source, &out, &[]);
            let worst = &compared["tensors"][0];
            assert_eq!(worst["name"], UP);
            for key in ["mse", "sqnr_db", "cosine", "max_abs_error"] {
                assert_eq!(worst[key], of_quantize[key], "{key} {options:?} {dtype}");
            }
            assert_eq!(compared["other"][0]["identical"], true);
            if dtype == Dtype::F32 {
                let stats = Backend::best().error_stats(&f32s(&before[UP]), &f32s(&after[UP]));
                let (found, expected) = (worst["mse"].as_f64().unwrap(), stats.unwrap().mse());
                assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
                // Nothing was lost on the way back.
                assert_eq!(compare(&out, &back, &[])["total"]["mse"], 0.0);
            }
        }
    }
}

#[test]
fn a_limit_fails_the_run() {
    let model = model(Dtype::F32);
    quantize(&model.source(), &model.out(), &["--scheme", "w4a16", "--granularity", "group=8"])
        .succeeded();
    let (source, out) = (model.source(), model.out());
    let paths = [source.to_str().unwrap(), out.to_str().unwrap()];
    absmax([&["compare", "--fail-below", "5"], &paths[..]].concat()).succeeded();
    let run = absmax([&["compare", "--fail-below", "90"], &paths[..]].concat());
    run.failed_with(&["1 tensors are below 90 dB", UP]);
    for limit in ["nan", "inf", "x"] {
        let run = absmax([&["compare", "--fail-below", limit], &paths[..]].concat());
        assert_eq!(run.code, Some(2), "{limit}: {run:#?}");
    }
}

#[test]
fn a_limit_is_for_tensors_that_are_lost_too() {
    let tensors = |last| vec![("a.weight", Tensor::random(Dtype::F32, &[4, 8])), last];
    let written = |last| Model::new().weights("model.safetensors", &tensors(last));
    let whole = written(("b.weight", Tensor::random(Dtype::F32, &[8, 4])));
    let lost = written(("c.weight", Tensor::random(Dtype::F32, &[8, 4])));
    let bare = written(("b.weight", Tensor::zeros(Dtype::I8, &[8, 4])));
    for other in [&lost, &bare] {
        let (a, b) = (whole.source(), other.source());
        let paths = [a.to_str().unwrap(), b.to_str().unwrap()];
        absmax([&["compare"], &paths[..]].concat()).succeeded();
        let run = absmax([&["compare", "--fail-below", "0"], &paths[..]].concat());
        run.failed_with(&["1 tensors of A", "b.weight"]);
    }
}

type Tensors = Vec<(String, Tensor)>;

/// A config that says what the tensors do not, and parts without a weight.
#[test]
fn the_config_and_the_parts_agree() {
    let model = model(Dtype::F32);
    let weights = ["--scheme", "w4a16", "--granularity", "group=8", "--asymmetric"];
    quantize(&model.source(), &model.out(), &weights).succeeded();
    let config = fs::read_to_string(model.out().join("config.json")).unwrap();
    let tensors = read_model(&model.out());
    let expect = |config: &str, change: &dyn Fn(&mut Tensors), parts: &[&str]| {
        let mut tensors: Tensors = tensors.clone().into_iter().collect();
        change(&mut tensors);
        let tensors: Vec<(&str, Tensor)> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect();
        let broken =
            Model::new().weights("model.safetensors", &tensors).file("config.json", config);
        let (source, out) = (broken.source(), broken.out());
        let run = absmax(["dequantize", source.to_str().unwrap(), "-o", out.to_str().unwrap()]);
        if parts.is_empty() {
            run.succeeded();
        } else {
            run.failed_with(parts);
            assert!(!out.exists());
        }
    };
    let without = |part: &'static str| {
        move |tensors: &mut Tensors| tensors.retain(|(name, _)| !name.ends_with(part))
    };
    expect(&config, &|_| (), &[]);
    expect(&config, &without("_zero_point"), &[UP, "no zero points"]);
    expect(&config, &without("_scale"), &["has no", UP]);
    expect(&config.replace("\"num_bits\": 4", "\"num_bits\": 8"), &|_| (), &[UP, "8 bits"]);
    for (said, other, part) in [
        (
            "\"group_size\": 8",
            "\"group_size\": 4",
            "groups of 4, and its scales are of groups of 8",
        ),
        ("\"type\": \"int\"", "\"type\": \"float\"", "type float"),
        ("compressed-tensors", "gptq", "gptq"),
        ("\"num_bits\": 4", "\"num_bits\": \"4\"", "cannot be read"),
    ] {
        assert!(config.contains(said), "{config}");
        expect(&config.replace(said, other), &|_| (), &[UP, part]);
    }
    let g_idx = (format!("{UP}_g_idx"), Tensor::zeros(Dtype::I32, &[24]));
    expect(&config, &|tensors| tensors.push(g_idx.clone()), &[UP, "another order"]);
    let bare = ("b.weight".to_owned(), Tensor::zeros(Dtype::I8, &[4, 4]));
    expect(&config, &|tensors| tensors.push(bare.clone()), &["b.weight", "no b.weight_scale"]);
}

/// Masks are stored with infinities.
#[test]
fn what_is_not_finite_and_equal_has_no_error() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let model = |values: [f32; 4]| {
        let mask = ("mask", Tensor::of(Dtype::F32, &[2, 2], values));
        Model::new()
            .weights("model.safetensors", &[mask, ("w", Tensor::random(Dtype::F32, &[4, 4]))])
    };
    let decibels = |a: [f32; 4], b: [f32; 4]| {
        let (a, b) = (model(a), model(b));
        let (a, b) = (a.source(), b.source());
        let tensors = compare(&a, &b, &[])["tensors"].clone();
        let mask =
            tensors.as_array().unwrap().iter().find(|t| t["name"] == "mask").unwrap().clone();
        let paths = [a.to_str().unwrap(), b.to_str().unwrap()];
        let run = absmax([&["compare", "--fail-below", "30"], &paths[..]].concat());
        (mask["identical"] == true, mask["sqnr_db"].as_f64(), run.code)
    };
    // An infinite number of decibels is null.
    assert_eq!(decibels([-inf, 0.0, nan, 1.0], [-inf, 0.0, nan, 1.0]), (true, None, Some(0)));
    assert_eq!(decibels([-inf; 4], [-inf; 4]), (true, None, Some(0)));
    let (identical, noise, code) = decibels([-inf, 0.0, nan, 1.0], [-inf, 0.0, nan, 1.5]);
    assert!(!identical && (noise.unwrap() - 6.0206).abs() < 1e-3 && code == Some(1), "{noise:?}");
    for other in [[inf, 0.0, nan, 1.0], [0.0, 0.0, nan, 1.0], [-inf, nan, nan, 1.0]] {
        let (identical, _, code) = decibels([-inf, 0.0, nan, 1.0], other);
        assert_eq!((identical, code), (false, Some(1)), "{other:?}");
    }
}

/// What quantized modules have only while they run does not stay behind.
#[test]
fn nothing_of_the_quantization_stays() {
    let model = Model::small();
    quantize(&model.source(), &model.out(), &[]).succeeded();
    let module = "model.layers.0.mlp.up_proj";
    let mut added: Vec<String> = ["input_scale", "input_zero_point", "output_scale"]
        .map(|part| format!("{module}.{part}"))
        .to_vec();
    added.extend(["k_scale", "v_scale", "kv_scale"].map(|part| format!("model.attn.{part}")));
    let number = Tensor::of(Dtype::F32, &[1], [0.5]);
    let left = |more: &[(&str, Tensor)], scheme: Value| {
        let mut tensors: Vec<(String, Tensor)> = read_model(&model.out()).into_iter().collect();
        tensors.extend(added.iter().map(|name| (name.clone(), number.clone())));
        tensors.extend(more.iter().map(|(name, tensor)| ((*name).to_owned(), tensor.clone())));
        let tensors: Vec<(&str, Tensor)> =
            tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect();
        let config = fs::read_to_string(model.out().join("config.json")).unwrap();
        let mut config: Value = serde_json::from_str(&config).unwrap();
        config["quantization_config"]["kv_cache_scheme"] = scheme;
        let other = Model::new().config(&config).weights("model.safetensors", &tensors);
        let paths = [other.source(), other.out()].map(|path| path.to_str().unwrap().to_owned());
        absmax(["dequantize", &paths[0], "-o", &paths[1]]).succeeded();
        let of_model = read_model(&model.source());
        read_model(&other.out())
            .into_keys()
            .filter(|n| !of_model.contains_key(n))
            .collect::<Vec<_>>()
    };
    assert_eq!(left(&[], Value::Null), [""; 0]);
    // A model's own parameters, which are no single numbers, or not of modules that are quantized.
    let own = [
        ("model.attn.q_scale", Tensor::random(Dtype::F32, &[8])),
        ("model.other.input_scale", Tensor::random(Dtype::F32, &[8])),
    ];
    assert_eq!(left(&own, Value::Null), ["model.attn.q_scale", "model.other.input_scale"]);
    assert_eq!(left(&own, serde_json::json!({ "num_bits": 8 })), ["model.other.input_scale"]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let model = model(Dtype::F32);
    let other = Model::new().weights(
        "model.safetensors",
        &[
            (UP, Tensor::random(Dtype::F32, &[24, 40])),
            ("x.weight", Tensor::zeros(Dtype::F32, &[1])),
        ],
    );
    let (source, others) = (model.source(), other.source());
    let (source, others) = (source.to_str().unwrap(), others.to_str().unwrap());
    absmax(["compare", source, others]).failed_with(&[UP, "[40, 24]", "[24, 40]"]);
    let third =
        Model::new().weights("model.safetensors", &[("x", Tensor::zeros(Dtype::F32, &[1]))]);
    let third = third.source();
    absmax(["compare", source, third.to_str().unwrap()]).failed_with(&["no tensor in common"]);
    absmax(["dequantize", source, "-o", model.out().to_str().unwrap()])
        .failed_with(&["holds no weight that is quantized"]);
    assert!(!model.out().exists());
}

/// Parts that do not fit one another are refused, not guessed at.
#[test]
fn hostile_parts() {
    let weight = || ("a.weight", Tensor::zeros(Dtype::I8, &[4, 8]));
    let scale = |shape: &[usize]| ("a.weight_scale", Tensor::random(Dtype::F32, shape));
    let packed = |shape: &[usize]| ("a.weight_packed", Tensor::zeros(Dtype::I32, shape));
    let shape = |rows: i64, row_len: i64| {
        let bytes = [rows, row_len].iter().flat_map(|d| d.to_le_bytes()).collect();
        ("a.weight_shape", Tensor { dtype: Dtype::I64, shape: vec![2], bytes })
    };
    let cases = [
        (vec![weight(), scale(&[3, 1])], "[3, 1]"),
        (vec![weight(), scale(&[4, 3])], "[4, 3]"),
        (vec![weight(), ("a.weight_scale", Tensor::zeros(Dtype::F32, &[4, 1]))], "scale 0"),
        (vec![scale(&[4, 1])], "neither"),
        (vec![weight(), packed(&[4, 1]), scale(&[4, 1])], "neither"),
        (vec![packed(&[4, 1]), shape(4, 17), scale(&[4, 1])], "[4, 17]"),
        (vec![packed(&[4, 1]), shape(-4, 8), scale(&[4, 1])], "a.weight"),
        (vec![packed(&[4, 1]), shape(i64::MAX, i64::MAX), scale(&[4, 1])], "a.weight"),
        (vec![packed(&[4, 1]), shape(4, 3), scale(&[4, 1])], "the config"),
        (
            vec![
                weight(),
                scale(&[4, 1]),
                ("a.weight_zero_point", Tensor::zeros(Dtype::I8, &[3, 1])),
            ],
            "zero points",
        ),
    ];
    for (tensors, part) in cases {
        let model = Model::new().weights("model.safetensors", &tensors);
        let (source, out) = (model.source(), model.out());
        absmax(["dequantize", source.to_str().unwrap(), "-o", out.to_str().unwrap()])
            .failed_with(&["a.weight", part]);
        assert!(!out.exists(), "{part}");
    }
}
