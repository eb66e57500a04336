//! A library that was linked with `-ffast-math` flushes subnormals in the whole process: no byte of what is
//! written, and no number that is told, may depend on it.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use safetensors::Dtype;
use serde_json::{Value, json};

use crate::common::{Model, Tensor, listing};

/// What the start-up file of `-ffast-math` does. Newer compilers no longer link that into libraries, so
/// the library does it itself, too.
const LIBRARY: &str = "
#include <xmmintrin.h>
__attribute__((constructor)) static void flush(void) { _mm_setcsr(_mm_getcsr() | 0x8040); }
";

/// Ends with 7 if a subnormal number is a zero here.
const CONTROL: &str = "
int main(void) { volatile float x = 1e-40f; return x * 1.0f == 0.0f ? 7 : 0; }
";

/// Compiles a program in C with the compiler that Rust links with.
fn compiled(directory: &Path, name: &str, text: &str, options: &[&str]) -> PathBuf {
    let (source, out) = (directory.join(format!("{name}.c")), directory.join(name));
    fs::write(&source, text).unwrap();
    let paths = [source.as_os_str(), OsStr::new("-o"), out.as_os_str()];
    let run = Command::new("cc").args(options).args(paths).output().unwrap();
    assert!(run.status.success(), "{run:?}");
    out
}

/// The files that are written and what is told of the weights.
fn quantized(model: &Model, options: &str, preload: &OsStr) -> (Vec<Vec<u8>>, Value) {
    let run = Command::new(env!("CARGO_BIN_EXE_absmax"))
        .arg("quantize")
        .args([model.source().as_os_str(), OsStr::new("-o"), model.out().as_os_str()])
        .args(["--json", "--force"])
        .args(options.split_whitespace())
        .env("LD_PRELOAD", preload)
        .output()
        .unwrap();
    assert!(run.status.success(), "{options}: {run:?}");
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let files = listing(&model.out()).into_iter();
    let files = files.map(|file| fs::read(model.out().join(file)).unwrap()).collect();
    (files, report["tensors"].clone())
}

/// What a command that writes nothing tells of a model.
fn told(command: &[&str], model: &Model, preload: &OsStr) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_absmax"))
        .arg(command[0])
        .arg(model.source())
        .args((command[0] == "compare").then(|| model.out()))
        .args(&command[1..])
        .arg("--json")
        .env("LD_PRELOAD", preload)
        .output()
        .unwrap();
    assert!(run.status.success(), "{command:?}: {run:?}");
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn a_library_linked_with_fast_math_changes_no_byte() {
    let directory = tempfile::tempdir().unwrap();
    let fast = ["-Ofast", "-shared", "-fPIC"];
    let library = compiled(directory.path(), "fast.so", LIBRARY, &fast);
    let control = compiled(directory.path(), "control", CONTROL, &["-O0"]);
    let ends_with = |preload: &OsStr| {
        Command::new(&control).env("LD_PRELOAD", preload).status().unwrap().code()
    };
    assert_eq!(ends_with(OsStr::new("")), Some(0));
    assert_eq!(ends_with(library.as_os_str()), Some(7), "subnormals were not flushed");

    // Rows of everyday values, of values near the least normal number and of subnormal ones.
    let values = (0..96 * 256).map(|i: i32| {
        let size = [1.0, 1e-37, 3e-40][i as usize / 256 % 3];
        ((i * 37 % 201) as f32 - 100.0) / 100.0 * size
    });
    let weight = Tensor::of(Dtype::F32, &[96, 256], values);
    let model = Model::new().weights("model.safetensors", &[("model.layers.0.up.weight", weight)]);
    for options in [
        "",
        "--asymmetric",
        "--granularity tensor",
        "--granularity group=32",
        "--scheme w8a16 --asymmetric",
        "--scheme w4a16 --granularity group=32",
        "--scheme w4a16 --granularity channel --asymmetric",
        "--clip mse",
        "--clip percentile=99.9",
    ] {
        let plain = quantized(&model, options, OsStr::new(""));
        let flushed = quantized(&model, options, library.as_os_str());
        assert!(plain == flushed, "{options}");
    }

    for command in [&["inspect"][..], &["sweep"], &["compare"]] {
        let plain = told(command, &model, OsStr::new(""));
        assert_eq!(told(command, &model, library.as_os_str()), plain, "{command:?}");
    }

    // FP8 values of which most have a subnormal product with the scale.
    let bytes = (0..64 * 128).map(|i: u32| (i * 37 % 127) as u8).collect();
    let weight = Tensor { dtype: Dtype::F8_E4M3, shape: vec![64, 128], bytes };
    let model =
        Model::new().config(&json!({ "quantization_config": { "quant_method": "fp8" } })).weights(
            "model.safetensors",
            &[
                ("model.layers.0.up.weight", weight),
                ("model.layers.0.up.weight_scale", Tensor::of(Dtype::F32, &[1], [1e-39])),
            ],
        );
    for options in ["--requantize", "--requantize --ignore up"] {
        let plain = quantized(&model, options, OsStr::new(""));
        let flushed = quantized(&model, options, library.as_os_str());
        assert!(plain == flushed, "{options}");
    }
}
