//! What `absmax sweep` finds, prints and draws.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use absmax::{Element, QuantParams, Scheme, reference};
use fastrand::Rng;
use half::{bf16, f16};
use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{
    Model, Run, Tensor, absmax, absmax_and_leave, is_emulated, listing, quantize, raw_file,
    read_model,
};

fn run(path: &Path, options: &[&str]) -> Run {
    absmax([&["sweep", path.to_str().unwrap()], options].concat())
}

fn sweep(path: &Path, options: &[&str]) -> Value {
    let run = run(path, &[options, &["--json"]].concat()).succeeded();
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    run.json()
}

/// Rows of very different magnitudes, none of them 0.
fn varied(dtype: Dtype, rows: usize, row_len: usize) -> Tensor {
    let mut rng = Rng::with_seed((rows * 31 + row_len) as u64);
    let magnitude: Vec<f32> = (0..rows).map(|_| 0.02 + rng.f32().powi(3)).collect();
    let value = |i: usize| {
        let normal: f32 = (0..6).map(|_| rng.f32() - 0.5).sum();
        magnitude[i / row_len] * normal
    };
    let values: Vec<f32> = (0..rows * row_len).map(value).collect();
    Tensor::of(dtype, &[rows, row_len], values)
}

fn values(tensor: &Tensor) -> Vec<f32> {
    fn of<T: Element + bytemuck::Pod>(bytes: &[u8]) -> Vec<f32> {
        let values: Vec<T> = bytemuck::allocation::pod_collect_to_vec(bytes);
        values.into_iter().map(T::to_f32).collect()
    }
    match tensor.dtype {
        Dtype::F16 => of::<f16>(&tensor.bytes),
        Dtype::BF16 => of::<bf16>(&tensor.bytes),
        _ => of::<f32>(&tensor.bytes),
    }
}

/// The sums of x^2 and of squared errors, and how many scales there are.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    xx: f64,
    ee: f64,
    count: u64,
    scales: u64,
}

/// By the scalar reference, one value at a time.
fn expected(tensor: &Tensor, granularity: &str, mapping: &str, bits: u8) -> Sums {
    let (x, row_len) = (values(tensor), tensor.shape[1]);
    let sets: Vec<&[f32]> = match granularity.strip_prefix("group=") {
        Some(size) => {
            let size = size.parse().unwrap();
            x.chunks(row_len).flat_map(|row| row.chunks(size)).collect()
        }
        None if granularity == "channel" => x.chunks(row_len).collect(),
        None => vec![&x],
    };
    let scheme = Scheme::int8().bits(bits).unwrap();
    let scheme = if mapping == "symmetric" { scheme } else { scheme.affine() };
    let mut sums = Sums { scales: sets.len() as u64, ..Sums::default() };
    for set in sets {
        let (min, max) = reference::min_max(set).unwrap();
        let (scale, zero_point) = reference::choose(min, max, scheme);
        let params = QuantParams::new(scale, zero_point, scheme.qmin()..=scheme.qmax()).unwrap();
        for &x in set {
            let q = reference::quantize_one(x, params) as i8;
            let error = f64::from(x) - f64::from(reference::dequantize_one(q, params));
            sums.xx += f64::from(x).powi(2);
            sums.ee += error.powi(2);
            sums.count += 1;
        }
    }
    sums
}

#[track_caller]
fn expect_numbers(found: &Value, sums: Sums, mapping: &str, bits: u8) {
    let close = |key: &str, expected: f64| {
        let found = found[key].as_f64().unwrap();
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{key}: {found} {expected}");
    };
    assert_eq!(found["scales"], sums.scales);
    close("mse", sums.ee / sums.count as f64);
    close("sqnr_db", 10.0 * (sums.xx / sums.ee).log10());
    let zero_point = if mapping == "symmetric" { 0 } else { u64::from(bits) };
    let beside = (sums.scales * (16 + zero_point)) as f64 / sums.count as f64;
    close("bits_per_weight", f64::from(bits) + beside);
}

/// Several slabs, ragged groups, groups that are longer than rows, every type.
#[test]
fn numbers_are_those_of_the_reference() {
    let tensors = [
        ("a.proj.weight", varied(Dtype::F32, 300, 500)),
        ("b.proj.weight", varied(Dtype::BF16, 40, 24)),
        ("c.proj.weight", varied(Dtype::F16, 7, 129)),
        ("model.embed_tokens.weight", varied(Dtype::F32, 7, 129)),
    ];
    let model = Model::new().weights("model.safetensors", &tensors);
    let report = sweep(&model.source(), &["--bits", "8,2,4,8,5", "--group-size", "32,128"]);
    let granularities = ["tensor", "channel", "group=128", "group=32"];
    let mut order = Vec::new();
    for bits in [2, 4, 5, 8] {
        for granularity in granularities {
            order.extend(["symmetric", "asymmetric"].map(|mapping| (bits, granularity, mapping)));
        }
    }
    let weights = &report["tensors"].as_array().unwrap()[..];
    assert_eq!((&report["weights"], weights.len()), (&json!(3), 3));
    assert_eq!(report["values"], 300 * 500 + 40 * 24 + 7 * 129);
    assert_eq!(report["schemes"].as_array().unwrap().len(), order.len());
    for (i, &(bits, granularity, mapping)) in order.iter().enumerate() {
        let mut all = Sums::default();
        for found in weights {
            let (name, tensor) = tensors.iter().find(|(name, _)| found["name"] == *name).unwrap();
            assert_eq!(found["shape"], json!(tensor.shape), "{name}");
            assert_eq!(found["dtype"], tensor.dtype.to_string(), "{name}");
            let sums = expected(tensor, granularity, mapping, bits);
            expect_numbers(&found["schemes"][i], sums, mapping, bits);
            all.xx += sums.xx;
            all.ee += sums.ee;
            all.count += sums.count;
            all.scales += sums.scales;
        }
        let total = &report["schemes"][i];
        assert_eq!((&total["bits"], &total["mapping"]), (&json!(bits), &json!(mapping)));
        assert_eq!(total["granularity"], granularity);
        expect_numbers(total, all, mapping, bits);
    }
    for threads in ["1", "2", "3"] {
        let options = ["--bits", "2,4,5,8", "--threads", threads];
        assert_eq!(sweep(&model.source(), &options), report, "{threads} threads");
    }
}

#[test]
fn finer_scales_never_cost_more() {
    let tensors = [("a.proj.weight", varied(Dtype::F32, 200, 512))];
    let model = Model::new().weights("model.safetensors", &tensors);
    let report = sweep(&model.source(), &["--bits", "2,3,4,5,6,7,8", "--group-size", "256,64,16"]);
    for bits in 2..=8 {
        let of_bits = report["schemes"].as_array().unwrap().iter();
        let of_bits = of_bits.filter(|s| s["bits"] == bits && s["mapping"] == "symmetric");
        let errors: Vec<f64> = of_bits.map(|scheme| scheme["mse"].as_f64().unwrap()).collect();
        assert_eq!(errors.len(), 5);
        assert!(errors.windows(2).all(|pair| pair[1] <= pair[0]), "{bits} bits: {errors:?}");
    }
}

/// Values of one sign leave half of a symmetric range unused: one bit, which is 6 dB.
#[test]
fn zero_points_gain_a_bit_where_all_weights_are_positive() {
    let skewed = |x: f32| x.abs() * 2.0;
    let symmetric = varied(Dtype::F32, 64, 512);
    let positive = Tensor::of(Dtype::F32, &[64, 512], values(&symmetric).into_iter().map(skewed));
    let gains = |tensor| {
        let model = Model::new().weights("model.safetensors", &[("a.proj.weight", tensor)]);
        let report = sweep(&model.source(), &[]);
        let schemes = report["schemes"].as_array().unwrap().chunks(2);
        let gain = |pair: &[Value]| {
            assert_eq!(
                (&pair[0]["mapping"], &pair[1]["mapping"]),
                (&json!("symmetric"), &json!("asymmetric"))
            );
            pair[1]["sqnr_db"].as_f64().unwrap() - pair[0]["sqnr_db"].as_f64().unwrap()
        };
        schemes.map(gain).collect::<Vec<_>>()
    };
    let (of_positive, of_symmetric) = (gains(positive), gains(symmetric));
    assert!(of_positive.iter().all(|gain| (4.5..7.5).contains(gain)), "{of_positive:?}");
    assert!(of_symmetric.iter().all(|gain| *gain < 3.0), "{of_symmetric:?}");
}

/// By default, and as `quantize` selects.
#[test]
fn the_weights_are_those_that_quantize_takes() {
    let mut tensors = Model::small_tensors(Dtype::F32);
    tensors.extend([
        ("model.layers.1.mlp.up_proj.weight", varied(Dtype::F32, 8, 16)),
        ("model.layers.1.mlp.gate.weight", varied(Dtype::F32, 8, 16)),
        ("h.0.attn.c_attn.weight", varied(Dtype::F32, 8, 16)),
        ("lm_head.weight", varied(Dtype::F32, 8, 16)),
        ("model.double.weight", Tensor::random(Dtype::F64, &[4, 4])),
    ]);
    for model_type in ["none", "gpt2"] {
        let model = Model::new()
            .config(&json!({ "model_type": model_type }))
            .weights("model.safetensors", &tensors);
        for ignore in [&[][..], &["--ignore", "re:.*layers.0"]] {
            let plan = quantize(&model.source(), &model.out(), &[ignore, &["--json"]].concat());
            let plan = plan.succeeded().json();
            fs::remove_dir_all(model.out()).unwrap();
            let names = |list: &Value, quantized: bool| {
                let list = list.as_array().unwrap().iter();
                let list = list.filter(|t| !quantized || t["quantized"] == true);
                list.map(|t| t["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            let report = sweep(&model.source(), ignore);
            assert_eq!(names(&report["tensors"], false), names(&plan["tensors"], true));
            let schemes = report["schemes"].as_array().unwrap();
            let mut bits: Vec<_> = schemes.iter().map(|s| s["bits"].as_u64().unwrap()).collect();
            bits.dedup();
            assert_eq!((bits, schemes.len()), (vec![4, 6, 8], 24));
        }
    }
    let model = Model::small();
    let warned = run(&model.source(), &["--ignore", "nothing"]).succeeded();
    assert_eq!(warned.stderr, "warning: --ignore nothing matches no two-dimensional weight\n");
}

#[test]
fn text_is_one_table() {
    let model = Model::small();
    let text = run(&model.source(), &["--bits", "8"]).succeeded().stdout;
    let head = text.lines().next().unwrap();
    for column in ["bits", "granularity", "mapping", "bits/weight", "MSE", "SQNR dB"] {
        assert!(head.contains(column), "{column:?} is not in {head}");
    }
    assert!(text.lines().nth(1).unwrap().contains("tensor"), "{text}");
    assert!(text.contains("model.layers.0.mlp.up_proj.weight, 960 values"), "{text}");
    assert!(text.contains("kept in binary32"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn one_tensor() {
    let tensors = [
        ("a.proj.weight", varied(Dtype::F32, 16, 64)),
        ("b.proj.weight", varied(Dtype::F32, 16, 64)),
        ("norm.weight", Tensor::random(Dtype::F32, &[64])),
    ];
    let model = Model::new().weights("model.safetensors", &tensors);
    let all = sweep(&model.source(), &[]);
    let one = sweep(&model.source(), &["--tensor", "b.proj.weight"]);
    assert_eq!(one["tensors"][0], all["tensors"][1]);
    assert_eq!(one["schemes"], one["tensors"][0]["schemes"]);
    let failed = |name, parts: &[&str]| {
        run(&model.source(), &["--tensor", name]).failed_with(parts);
    };
    failed("c.proj.weight", &["has no tensor c.proj.weight; ", model.source().to_str().unwrap()]);
    failed("b.prj.weight", &["similar names are b.proj.weight, a.proj.weight"]);
    let unlike = run(&model.source(), &["--tensor", "x"]).failed_with(&["has no tensor x"]);
    assert!(!unlike.stderr.contains("similar"), "{}", unlike.stderr);
    failed("b.proj", &["has no tensor b.proj; similar names are b.proj.weight"]);
    failed("norm.weight", &["norm.weight is not one that is quantized: 1 dimension"]);
}

#[test]
fn what_is_not_finite_is_named() {
    for (value, shown) in [(f32::NAN, "NaN"), (f32::NEG_INFINITY, "-inf")] {
        for dtype in [Dtype::F32, Dtype::BF16, Dtype::F16] {
            let bad = Tensor::random(dtype, &[300, 1000]).with(131_017, value);
            let bad = bad.with(299_999, f32::NAN);
            let tensors = [("a.proj.weight", varied(Dtype::F32, 8, 8)), ("b.proj.weight", bad)];
            let model = Model::new().weights("model.safetensors", &tensors);
            let message = format!("tensor b.proj.weight has {shown} at [131, 17]");
            for threads in ["1", "3"] {
                let plot = model.beside("plot.svg");
                let options = ["--threads", threads, "--plot", plot.to_str().unwrap()];
                run(&model.source(), &options).failed_with(&[&message, "--ignore b.proj"]);
                assert!(!plot.exists());
            }
            run(&model.source(), &["--ignore", "b.proj"]).succeeded();
        }
    }
    let parent = Model::new();
    assert_eq!(listing(&parent.source()), ["config.json"]);
}

#[test]
fn what_cannot_be_swept_is_said() {
    let model = Model::new();
    run(&model.source(), &[]).failed_with(&["holds no safetensors file"]);
    let model = Model::small();
    let path = model.source().join("model.safetensors");
    run(&path, &[]).succeeded();
    let up = "model.layers.0.mlp.up_proj";
    run(&model.source(), &["--ignore", up]).failed_with(&["nothing to quantize", "4 tensors"]);
    quantize(&model.source(), &model.out(), &[]).succeeded();
    run(&model.out(), &[]).failed_with(&["already quantized"]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    run(&model.source(), &[]).failed_with(&["model.safetensors", "truncated"]);
    let none = json!({ "x.weight": { "dtype": "F32", "shape": [1_u64 << 60, 0], "data_offsets": [0, 0] } });
    let model = Model::new().file("model.safetensors", raw_file(&none, &[]));
    run(&model.source(), &[]).failed_with(&["nothing to quantize"]);
}

#[test]
fn usage_errors() {
    let cases: [(&[&str], &str); 8] = [
        (&["--bits", "1"], "2..=8"),
        (&["--bits", "4,9"], "2..=8"),
        (&["--bits", ""], "--bits"),
        (&["--group-size", "0"], "--group-size"),
        (&["--group-size", "1,2,3,4,5,6,7,8,9"], "9 sizes"),
        (&["--plot", "plot.pdf"], "has to end in .svg or .png"),
        (&["--plot", "svg"], "has to end in .svg or .png"),
        (&["--ignore", "re:("], "unclosed group"),
    ];
    for (options, part) in cases {
        let run = run(Path::new("PATH"), options);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{options:?}");
        assert!(run.stderr.contains(part), "{part:?} is not in {}", run.stderr);
    }
    let help = absmax(["sweep", "--help"]).succeeded().stdout;
    assert!(help.contains("binary32"), "{help}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let names: Vec<String> = (0..200).map(|i| format!("layers.{i}.a.proj.weight")).collect();
    let tensor = |name| (name, varied(Dtype::F32, 2, 8));
    let tensors: Vec<_> = names.iter().map(|name| tensor(name.as_str())).collect();
    let model = Model::new().weights("model.safetensors", &tensors);
    let source = model.source();
    for json in [&["--json"][..], &[]] {
        let run = absmax_and_leave([&["sweep", source.to_str().unwrap()], json].concat());
        assert_eq!(run.succeeded().stderr, "");
    }
}

/// Draws one picture in both forms, and returns the SVG.
#[track_caller]
fn draw(model: &Model, options: &[&str]) -> String {
    let paths = ["plot.svg", "plot.PNG"].map(|name| model.beside(name));
    let shown = paths.each_ref().map(|path| path.to_str().unwrap());
    let plots = ["--plot", shown[0], "--plot", shown[1]];
    let report = sweep(&model.source(), &[options, &plots].concat());
    assert_eq!(report["plots"], json!(shown));
    let svg = fs::read_to_string(&paths[0]).unwrap();
    check_svg(&svg);
    check_png(&fs::read(&paths[1]).unwrap());
    svg
}

/// One root, everything closed, and nothing that would have to be escaped.
#[track_caller]
fn check_svg(text: &str) {
    assert!(text.starts_with(r#"<svg width="1600" height="1000" viewBox="0 0 4800 3000""#));
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let (tag, content) = part.split_once('>').unwrap();
        assert!(!content.contains(['>', '"']) && !content.contains("& "), "{content}");
        assert!(!content.chars().any(|c| c.is_control() && c != '\n'), "{content}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[track_caller]
fn check_png(bytes: &[u8]) {
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (1600, 1000));
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    let mut counts: BTreeMap<&[u8], usize> = BTreeMap::new();
    // Most neighbours are equal.
    for equal in pixels.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
        *counts.entry(&equal[0]).or_default() += equal.len();
    }
    // Mostly white, with lines and text in several colours.
    assert!(counts[&[255, 255, 255][..]] > 800_000, "{:?}", counts.len());
    assert!(counts.len() > 100, "{:?}", counts.len());
    assert!(pixels[..4800].iter().all(|&c| c == 255), "something is cut off at the top");
}

#[test]
fn curves() {
    let model = Model::new()
        .weights("model.safetensors", &[("a.proj.weight", varied(Dtype::F32, 64, 512))]);
    let svg = draw(&model, &[]);
    for part in
        ["bits per weight", "SQNR (dB)", "Quantization error of source", "group of 128", "channel"]
    {
        assert!(svg.contains(part), "{part:?} is not in {svg}");
    }
    for part in ["asymmetric", "32,768 values", "#0072B2", "#D55E00", "#009E73", "#CC79A7"] {
        assert!(svg.contains(part), "{part:?} is not in {svg}");
    }
    // As many as there is room for, and as few as there can be.
    let many = "1,2,4,8,16,32,64,128";
    let svg = draw(&model, &["--bits", "2,3,4,5,6,7,8", "--group-size", many]);
    assert!(svg.contains("group of 1\n"), "{svg}");
    draw(&model, &["--bits", "5"]);
    assert_eq!(
        listing(model.source().parent().unwrap()),
        ["plot.PNG", "plot.svg", "source/config.json", "source/model.safetensors",]
    );
}

#[test]
fn histograms() {
    let name = "model.<b>&\"layers'.\u{1b}[2J.proj.weight";
    for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
        let model = Model::new().weights("model.safetensors", &[(name, varied(dtype, 64, 300))]);
        let svg = draw(&model, &["--tensor", name]);
        for part in [
            "weights per bin of ",
            "&lt;b&gt;&amp;&quot;",
            r"\u{1b}[2J",
            "int4 per tensor: 16 values",
        ] {
            assert!(svg.contains(part), "{part:?} is not in {svg}");
        }
        for part in ["int8 per group of 32", "[64, 300]", "255 values"] {
            assert!(svg.contains(part), "{part:?} is not in {svg}");
        }
    }
    // The middle of a name that is too long is left out.
    let name = format!("model.{}.proj.weight", "x".repeat(300));
    let model =
        Model::new().weights("model.safetensors", &[(name.as_str(), varied(Dtype::F32, 64, 300))]);
    let svg = draw(&model, &["--tensor", &name, "--bits", "8"]);
    assert!(svg.contains("model.xxx") && svg.contains("x….") | svg.contains("x…x"), "{svg}");
}

/// No error, one value, the smallest and the largest numbers: a picture all the same.
#[test]
fn pictures_of_extreme_weights() {
    let name = "a.proj.weight";
    let all = [
        vec![0.0; 64],
        vec![1.0; 64],
        vec![-3.0],
        vec![f32::MAX, f32::MIN, 1.0, 0.0],
        vec![1e-45, -1e-45, 0.0],
        vec![f32::MIN_POSITIVE, 1e-40],
        vec![1e30, 1.0, -1e-30],
        vec![7e8, 7.000_001e8],
    ];
    // Drawing takes ten seconds where instructions are emulated.
    for values in all.into_iter().step_by(if is_emulated() { 3 } else { 1 }) {
        let tensor = Tensor::of(Dtype::F32, &[1, values.len()], values.clone());
        let model = Model::new().weights("model.safetensors", &[(name, tensor)]);
        let svg = draw(&model, &[]);
        if values.iter().all(|x| *x == 0.0) {
            assert!(svg.contains("without error, and not shown: 24 schemes"), "{svg}");
        }
        let overflows = values.contains(&f32::MAX);
        assert_eq!(svg.contains("overflowing, and not shown"), overflows, "{svg}");
        draw(&model, &["--tensor", name]);
    }
}

#[test]
fn plots_that_cannot_be_written() {
    let model = Model::small();
    let in_nowhere = model.beside("nowhere/plot.svg");
    let directory = model.beside("plot.png");
    fs::create_dir(&directory).unwrap();
    for (path, part) in [(&in_nowhere, "nowhere"), (&directory, "it is a directory")] {
        let path = path.to_str().unwrap();
        run(&model.source(), &["--plot", path]).failed_with(&["cannot write", path, part]);
    }
    // A file that is there stays until the new one is whole.
    let old = model.beside("old.svg");
    fs::write(&old, "old").unwrap();
    let shown = old.to_str().unwrap();
    run(&model.source(), &["--tensor", "nothing", "--plot", shown]).failed_with(&["nothing"]);
    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    let text = run(&model.source(), &["--plot", shown]).succeeded().stdout;
    assert!(text.contains(&format!("wrote {shown}")), "{text}");
    check_svg(&fs::read_to_string(&old).unwrap());
    let left = listing(old.parent().unwrap());
    assert!(!left.iter().any(|name| name.contains(".absmax-")), "{left:?}");
    assert_eq!(read_model(&model.source()).len(), 4);
}
