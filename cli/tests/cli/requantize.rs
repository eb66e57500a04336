//! Sources that are quantized already are quantized again as the floats that they stand for.

use std::fs;
use std::path::Path;

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{
    Granularity, Model, Tensor, absmax, expect_quantized, listing, quantize, read_model,
};

const PROJ: &str = "layers.0.proj";

/// What a byte of FP8 stands for, by the definition of E4M3.
fn e4m3(byte: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(byte >> 3 & 15), f64::from(byte & 7));
    let magnitude = match exponent {
        0 => mantissa / 8.0 * 2f64.powi(-6),
        _ => (1.0 + mantissa / 8.0) * 2f64.powi(exponent - 7),
    };
    (if byte < 128 { magnitude } else { -magnitude }) as f32
}

/// Every finite value of FP8, and scales that are not powers of two.
fn fp8(shape: [usize; 2], blocks: [usize; 2]) -> (Tensor, Vec<f32>) {
    let finite = (0..=255).filter(|byte| byte & 127 != 127);
    let bytes: Vec<u8> = finite.cycle().take(shape[0] * shape[1]).collect();
    let scales = (0..blocks[0] * blocks[1]).map(|i| 0.001 * (1.0 + i as f32 / 7.0));
    (Tensor { dtype: Dtype::F8_E4M3, shape: shape.to_vec(), bytes }, scales.collect())
}

/// The weight that this stands for, with a scale for so many rows and columns.
fn floats(weight: &Tensor, scales: &[f32], [height, width]: [usize; 2], dtype: Dtype) -> Tensor {
    let row_len = weight.shape[1];
    let per_row = row_len.div_ceil(width);
    let values = weight.bytes.iter().enumerate().map(|(i, &byte)| {
        let (row, column) = (i / row_len, i % row_len);
        e4m3(byte) * scales[row / height * per_row + column / width]
    });
    Tensor::of(dtype, &weight.shape, values)
}

/// A name, a config, what the tensors beside the weight add to its name, and how many rows and
/// columns share a scale.
type Kind = (&'static str, Value, &'static str, Vec<usize>, [usize; 2]);

fn kinds([rows, columns]: [usize; 2]) -> Vec<Kind> {
    let blocks = [rows.div_ceil(128), columns.div_ceil(128)];
    let float = |strategy: &str| {
        let weights = json!({ "num_bits": 8, "type": "float", "strategy": strategy });
        json!({ "quant_method": "compressed-tensors", "format": "float-quantized",
            "config_groups": { "group_0": { "targets": ["Linear"], "weights": weights } } })
    };
    let fp8 = json!({ "quant_method": "fp8", "weight_block_size": [128, 128] });
    let mut blocked = float("block");
    blocked["config_groups"]["group_0"]["weights"]["block_structure"] = json!([128, 128]);
    vec![
        ("a tensor", json!({ "quant_method": "fp8" }), "_scale", vec![], [rows, columns]),
        ("a tensor", float("tensor"), "_scale", vec![1], [rows, columns]),
        ("rows", float("channel"), "_scale", vec![rows, 1], [1, columns]),
        ("rows", json!({ "quant_method": "fbgemm_fp8" }), "_scale", vec![rows], [1, columns]),
        ("blocks", fp8, "_scale_inv", blocks.to_vec(), [128, 128]),
        ("blocks", blocked, "_scale", blocks.to_vec(), [128, 128]),
        ("blocks", Value::Null, "_scale_inv", blocks.to_vec(), [128, 128]),
    ]
}

/// The source, and a model of the floats that it stands for.
fn models((_, said, suffix, scale_shape, share): &Kind, shape: [usize; 2]) -> [Model; 2] {
    let blocks = [shape[0].div_ceil(share[0]), shape[1].div_ceil(share[1])];
    let (weight, scales) = fp8(shape, blocks);
    let float = floats(&weight, &scales, *share, Dtype::BF16);
    let config = json!({ "model_type": "llama", "dtype": "bfloat16", "time": 1 });
    let mut of_source = config.clone();
    of_source["quantization_config"] = said.clone();
    let weight_name = format!("{PROJ}.weight");
    let (scale_name, input) = (format!("{weight_name}{suffix}"), format!("{PROJ}.input_scale"));
    let others = Model::small_tensors(Dtype::BF16);
    let source = [
        &others[..],
        &[
            (weight_name.as_str(), weight),
            (scale_name.as_str(), Tensor::of(Dtype::F32, scale_shape, scales)),
            (input.as_str(), Tensor::of(Dtype::F32, &[1], [0.5])),
        ],
    ]
    .concat();
    let plain = [&others[..], &[(weight_name.as_str(), float)]].concat();
    [
        Model::new().config(&of_source).weights("model.safetensors", &source),
        Model::new().config(&config).weights("model.safetensors", &plain),
    ]
}

/// Quantizing gives the same files.
#[track_caller]
fn expect_same(source: &Model, plain: &Model, options: &[&str], what: &str) {
    let again = [&["--requantize", "--force"], options].concat();
    quantize(&source.source(), &source.out(), &again).succeeded();
    quantize(&plain.source(), &plain.out(), &[&["--force"], options].concat()).succeeded();
    assert_eq!(listing(&source.out()), listing(&plain.out()));
    assert_eq!(read_model(&source.out()), read_model(&plain.out()), "{what} {options:?}");
    let config = |model: &Model| -> Value {
        serde_json::from_slice(&fs::read(model.out().join("config.json")).unwrap()).unwrap()
    };
    assert_eq!(config(source), config(plain), "{what}");
}

#[test]
fn fp8_by_tensor_row_and_block() {
    let shape = [200, 320];
    for kind in kinds(shape) {
        let [source, plain] = models(&kind, shape);
        for options in [
            &[][..],
            &["--scheme", "w4a16", "--granularity", "group=8", "--asymmetric"],
            &["--granularity", "tensor", "--clip", "mse"],
            // As floats.
            &["--ignore", PROJ],
        ] {
            expect_same(&source, &plain, options, kind.0);
        }
        let modules = ["model.layers.0.mlp.up_proj", PROJ];
        quantize(&source.source(), &source.out(), &["--requantize", "--force"]).succeeded();
        let (before, after) = (read_model(&plain.source()), read_model(&source.out()));
        expect_quantized(&before, &after, &modules, Granularity::Channel);
        // What is read back is the same, too.
        let back = source.beside("back");
        let paths = [source.source(), back.clone()].map(|path| path.to_str().unwrap().to_owned());
        absmax(["dequantize", &paths[0], "-o", &paths[1]]).succeeded();
        assert_eq!(read_model(&back), before, "{}", kind.0);
    }
}

/// Rows of an odd length are cut anywhere when a weight is kept.
#[test]
fn weights_of_several_pieces() {
    let shape = [2100, 251];
    for kind in kinds(shape) {
        let [source, plain] = models(&kind, shape);
        expect_same(&source, &plain, &["--ignore", PROJ], kind.0);
    }
    for scheme in [["--scheme", "w8a8"], ["--scheme", "w4a16"]] {
        let large = ("a.proj.weight", Tensor::random(Dtype::F16, &shape));
        let small = ("b.proj.weight", Tensor::random(Dtype::F16, &[4, 4]));
        let model = Model::new().weights("model.safetensors", &[large, small]);
        let [again, plain] =
            integers(&model, &[&scheme[..], &["--granularity", "channel"]].concat());
        expect_same(&again, &plain, &["--ignore", "a.proj"], "integers");
    }
}

/// A model in integers, and the same put back into floats.
fn integers(model: &Model, options: &[&str]) -> [Model; 2] {
    quantize(&model.source(), &model.out(), &[options, &["--force"]].concat()).succeeded();
    let (out, back) = (model.out(), model.beside("back"));
    let paths = [out.to_str().unwrap(), back.to_str().unwrap()];
    absmax(["dequantize", paths[0], "-o", paths[1], "--force"]).succeeded();
    [out, back].map(|directory| copy(&directory))
}

fn copy(directory: &Path) -> Model {
    let mut model = Model::new();
    for name in listing(directory) {
        let content = fs::read(directory.join(&name)).unwrap();
        model = model.file(&name, content);
    }
    model
}

#[test]
fn integers_of_compressed_tensors() {
    let cases = ["w8a8", "w8a8 --asymmetric", "w8a16", "w4a16 --granularity group=8 --asymmetric"];
    for case in cases {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
            let shards = [("model-1.safetensors", Model::small_tensors(dtype))];
            let model = Model::new().shards(&shards);
            let options: Vec<&str> = format!("--scheme {case}").leak().split(' ').collect();
            let [again, plain] = integers(&model, &options);
            for options in [&[][..], &["--scheme", "w4a16", "--granularity", "group=8"]] {
                expect_same(&again, &plain, options, case);
            }
        }
    }
}

#[test]
fn only_if_it_is_asked_for() {
    let shape = [8, 16];
    for kind in kinds(shape) {
        let [source, plain] = models(&kind, shape);
        quantize(&source.source(), &source.out(), &[]).failed_with(&[
            "already quantized",
            "--requantize",
            "loses twice",
        ]);
        // To sweep is not to quantize.
        let run = absmax(["sweep", source.source().to_str().unwrap()]);
        assert!(!run.failed_with(&["already quantized"]).stderr.contains("--requantize"));
        // There is nothing to read again, and nothing wrong.
        quantize(&plain.source(), &plain.out(), &["--requantize"]).succeeded();
        assert!(!source.out().exists());
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let (weight, scales) = fp8([256, 256], [2, 2]);
    let with = |said: Value, tensors: &[(&str, Tensor)]| {
        let config = json!({ "quantization_config": said });
        Model::new().config(&config).weights("model.safetensors", tensors)
    };
    let refused = |model: &Model, parts: &[&str]| {
        quantize(&model.source(), &model.out(), &["--requantize"]).failed_with(parts);
        assert!(!model.out().exists());
    };
    let fp8 = |scale: Tensor, said: Value| {
        with(said, &[("a.weight", weight.clone()), ("a.weight_scale_inv", scale)])
    };
    let blocks =
        |block: usize| json!({ "quant_method": "fp8", "weight_block_size": [block, block] });
    let four = Tensor::of(Dtype::F32, &[2, 2], scales.clone());
    let right = fp8(four.clone(), blocks(128));
    quantize(&right.source(), &right.out(), &["--requantize"]).succeeded();
    refused(&fp8(four.clone(), blocks(64)), &["a.weight", "[2, 2]", "64 x 64"]);
    refused(&fp8(four.clone(), json!({ "quant_method": "quark" })), &["a.weight", "quark"]);
    let narrow = Tensor::zeros(Dtype::F8_E8M0, &[2, 2]);
    refused(&fp8(narrow, blocks(128)), &["a.weight", "scales are F8_E8M0"]);
    let int = json!({ "quant_method": "compressed-tensors", "config_groups": { "g": {
        "targets": ["Linear"], "weights": { "num_bits": 8, "type": "int" } } } });
    refused(&fp8(four.clone(), int), &["a.weight", "type int", "FP8"]);
    let rotated = json!({ "transform_config": { "config_groups": {} } });
    refused(&fp8(four.clone(), rotated), &["a.weight", "transform_config"]);

    let gptq = with(
        json!({ "quant_method": "gptq" }),
        &[
            ("a.qweight", Tensor::zeros(Dtype::I32, &[4, 4])),
            ("a.qzeros", Tensor::zeros(Dtype::I32, &[4])),
        ],
    );
    refused(&gptq, &["already quantized (gptq)"]);
    // A part of it is in another form.
    let part = with(
        blocks(128),
        &[
            ("a.weight", weight.clone()),
            ("a.weight_scale_inv", four),
            ("b.qweight", Tensor::zeros(Dtype::I32, &[4, 4])),
        ],
    );
    refused(&part, &["already quantized", "b.qweight"]);
    let paths = [part.source(), part.out()].map(|path| path.to_str().unwrap().to_owned());
    absmax(["dequantize", &paths[0], "-o", &paths[1]])
        .failed_with(&["already quantized", "b.qweight"]);
    let bare = with(
        blocks(128),
        &[("a.weight", weight.clone()), ("b.weight_scale_inv", Tensor::zeros(Dtype::F32, &[1]))],
    );
    refused(&bare, &["b.weight"]);
    // NaN is a value of FP8.
    let mut nan = weight.clone();
    nan.bytes[300] = 127;
    let model = with(
        blocks(128),
        &[
            ("a.weight", nan),
            ("a.weight_scale_inv", Tensor::of(Dtype::F32, &[2, 2], scales.clone())),
        ],
    );
    refused(&model, &["a.weight", "NaN", "[1, 44]"]);
}
