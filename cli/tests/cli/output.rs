//! What a run prints: text, JSON, the plan, and little memory.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use safetensors::Dtype;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::common::{
    Model, Tensor, absmax, is_emulated, listing, quantize, raw_file, without_architecture,
};

/// A dry run tells the sizes that the run then has.
#[test]
fn a_dry_run_tells_all_and_writes_nothing() {
    let tensors = Model::small_tensors(Dtype::BF16);
    let model = Model::new()
        .shards(&[("model-00001-of-00001.safetensors", tensors)])
        .file("tokenizer.json", "{}");
    let plan = quantize(&model.source(), &model.out(), &["--dry-run", "--json"]).succeeded().json();
    assert!(!model.out().exists());
    let done = quantize(&model.source(), &model.out(), &["--json"]).succeeded().json();
    assert_eq!((&plan["dry_run"], &done["dry_run"]), (&json!(true), &json!(false)));
    for key in ["ignore", "left_out", "bytes_before", "bytes_after", "ratio", "output", "source"] {
        assert_eq!(plan[key], done[key], "{key}");
    }
    let without = |list: &Value, keys: &[&str]| {
        let mut list = list.as_array().unwrap().clone();
        for item in &mut list {
            keys.iter().for_each(|key| drop(item.as_object_mut().unwrap().remove(*key)));
        }
        list
    };
    assert_eq!(without(&plan["files"], &["sha256"]), without(&done["files"], &["sha256"]));
    let errors = ["sqnr_db", "cosine", "mse", "max_abs_error"];
    assert_eq!(without(&plan["tensors"], &[]), without(&done["tensors"], &errors));
    assert_eq!(plan.get("seconds"), None);

    // OUT need not be given for that, and the text says the same.
    let source = model.source();
    let text = absmax(["quantize", "--dry-run", source.to_str().unwrap()]).succeeded().stdout;
    for part in
        ["up_proj.weight", "int8, 40 scales", "would quantize 1 of 4", "nothing was written"]
    {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn json_is_one_object_with_everything() {
    let exact = Tensor::of(Dtype::F32, &[2, 2], [127.0, 1.0, -127.0, 3.0]);
    let mut tensors = Model::small_tensors(Dtype::F32);
    tensors.push(("exact.proj.weight", exact));
    let model = Model::new().weights("model.safetensors", &tensors);
    let run = quantize(&model.source(), &model.out(), &["--json"]).succeeded();
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    let report = run.json();

    let size = |name| fs::metadata(name).unwrap().len();
    let (before, after) =
        ["source", "out"].map(|d| size(model.beside(d).join("model.safetensors"))).into();
    assert_eq!((&report["bytes_before"], &report["bytes_after"]), (&json!(before), &json!(after)));
    assert_eq!(report["ratio"], before as f64 / after as f64);

    let files = report["files"].as_array().unwrap();
    let names: Vec<_> = files.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["model.safetensors", "config.json"]);
    for file in files {
        let bytes = fs::read(model.out().join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(file["bytes"], bytes.len());
        let digest = Sha256::digest(&bytes);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(file["sha256"], digest);
    }

    let tensor = |name: &str| {
        let tensors = report["tensors"].as_array().unwrap();
        tensors.iter().find(|tensor| tensor["name"] == name).unwrap().clone()
    };
    let up = tensor("model.layers.0.mlp.up_proj.weight");
    assert_eq!(up["shape"], json!([40, 24]));
    assert_eq!((&up["dtype"], &up["scales"]), (&json!("F32"), &json!(40)));
    assert_eq!((&up["quantized"], &up["reason"]), (&json!(true), &Value::Null));
    assert_eq!((&up["bytes_before"], &up["bytes_after"]), (&json!(3840), &json!(960 + 160)));
    assert!(up["sqnr_db"].as_f64().unwrap() > 20.0);
    assert!(up["cosine"].as_f64().unwrap() > 0.99);
    // Nothing was lost: the ratio is infinite.
    assert_eq!(tensor("exact.proj.weight")["sqnr_db"], Value::Null);
    assert_eq!(tensor("exact.proj.weight")["max_abs_error"], 0.0);
    let kept = tensor("model.norm.weight");
    assert_eq!((&kept["quantized"], &kept["reason"]), (&json!(false), &json!("1 dimension")));
    assert_eq!(kept.get("sqnr_db"), None);

    let worst = report["worst"].as_array().unwrap();
    assert_eq!(worst[0]["name"], "model.layers.0.mlp.up_proj.weight");
    assert_eq!(worst.len(), 2);
    for key in ["seconds", "gigabytes_per_second"] {
        assert!(report[key].as_f64().unwrap() > 0.0, "{key}");
    }
    if cfg!(target_os = "linux") {
        assert!(report["peak_memory_bytes"].as_u64().unwrap() > 1 << 20);
    }
}

#[test]
fn text_has_a_line_a_tensor_and_a_summary() {
    let model = Model::small();
    let text = quantize(&model.source(), &model.out(), &[]).succeeded().stdout;
    let line = text.lines().find(|line| line.contains("up_proj.weight")).unwrap();
    for part in ["[40, 24]", "F32", "int8, 40 scales", " dB"] {
        assert!(line.contains(part), "{part:?} is not in {line}");
    }
    for part in ["quantized 1 of 4 tensors", "times smaller", "SHA-256", "GB/s", "peak memory"] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// As `| head` does.
#[test]
fn a_closed_pipe_is_no_error() {
    let names: Vec<String> = (0..3000).map(|i| format!("layers.{i}.a.long.name.bias")).collect();
    let mut tensors = Model::small_tensors(Dtype::F32);
    tensors.extend(names.iter().map(|name| (name.as_str(), Tensor::zeros(Dtype::F32, &[1]))));
    let model = Model::new().weights("model.safetensors", &tensors);
    let mut child = Command::new(env!("CARGO_BIN_EXE_absmax"))
        .arg("quantize")
        .args([model.source(), "-o".into(), model.out()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = without_architecture(&String::from_utf8(output.stderr).unwrap());
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
    assert_eq!(listing(&model.out()), ["config.json", "model.safetensors"]);
}

/// stdout that is full is an error, and not the disk's.
#[cfg(target_os = "linux")]
#[test]
fn a_full_stdout_is_an_error() {
    let model = Model::small();
    let output = Command::new(env!("CARGO_BIN_EXE_absmax"))
        .arg("quantize")
        .args([model.source(), "-o".into(), model.out()])
        .stdout(File::options().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cannot write to stdout"), "{stderr}");
    assert!(!stderr.contains("OUT takes"), "{stderr}");
    assert!(!model.out().exists());
}

/// A tensor of 256 MiB, of zeros that take no room on disk, beside a small model: an emulator that
/// runs the command counts as its memory, and cancels.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_tensor() {
    let peak = |model: &Model, granularity: &str| {
        let options = ["--json", "--force", "--threads", "2", "--granularity", granularity];
        let report = quantize(&model.source(), &model.out(), &options).succeeded().json();
        report["peak_memory_bytes"].as_u64().unwrap()
    };
    let rows: u64 = if is_emulated() { 2048 } else { 8192 };
    let bytes = rows * 8192 * 4;
    let header = json!({ "a.proj.weight": {
        "dtype": "F32", "shape": [rows, 8192], "data_offsets": [0, bytes],
    } });
    let head = raw_file(&header, &[]);
    let large = Model::new().file("model.safetensors", &head);
    let file = File::options().write(true).open(large.source().join("model.safetensors")).unwrap();
    file.set_len(head.len() as u64 + bytes).unwrap();
    for granularity in ["channel", "tensor"] {
        let growth = peak(&large, granularity).saturating_sub(peak(&Model::small(), granularity));
        assert!(growth < 32 << 20, "{growth} bytes more");
    }
}
