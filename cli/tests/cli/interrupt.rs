//! An interrupted run leaves nothing behind, and exits with 128 and the number of the signal.

#![cfg(unix)]

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Map, json};

use crate::common::{Model, listing, quantize, raw_file, without_architecture};

/// A model of zeros that take no room on disk, and more time than it takes to be interrupted.
fn large_model() -> Model {
    const TENSORS: u64 = 32;
    const ROWS: u64 = 8192;
    let tensor_len = ROWS * ROWS * 4;
    let header: Map<_, _> = (0..TENSORS)
        .map(|i| {
            let offsets = [i * tensor_len, (i + 1) * tensor_len];
            let entry = json!({ "dtype": "F32", "shape": [ROWS, ROWS], "data_offsets": offsets });
            (format!("layers.{i}.proj.weight"), entry)
        })
        .collect();
    let head = raw_file(&header.into(), &[]);
    let model = Model::new().file("model.safetensors", &head);
    let file = File::options().write(true).open(model.source().join("model.safetensors")).unwrap();
    file.set_len(head.len() as u64 + TENSORS * tensor_len).unwrap();
    model
}

/// The command, which does not ignore interrupts even if the tests were started so, as jobs in the
/// background of a script are.
fn absmax() -> Command {
    let binary = env!("CARGO_BIN_EXE_absmax");
    if cfg!(target_os = "linux") {
        let mut env = Command::new("env");
        env.args(["--default-signal=INT,TERM", binary]);
        env
    } else {
        Command::new(binary)
    }
}

/// Starts a run, and waits until it has begun to write.
fn begin(model: &Model, mut command: Command) -> Child {
    let mut child = command
        .arg("quantize")
        .args([model.source(), "-o".into(), model.out(), "--force".into()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let staged = || {
        let names = if model.out().exists() { listing(&model.out()) } else { Vec::new() };
        names.iter().any(|name| name.starts_with(".absmax-") && name.ends_with(".tmp"))
    };
    while !staged() {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is being written");
        assert!(child.try_wait().unwrap().is_none(), "the run is over");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn kill(child: &Child, signal: &str) {
    let kill = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
}

/// Sends a signal, and waits for the end.
fn interrupt(child: Child, signal: &str) {
    kill(&child, signal);
    let output = child.wait_with_output().unwrap();
    let code = 128 + if signal == "-INT" { 2 } else { 15 };
    assert_eq!(output.status.code(), Some(code), "{output:#?}");
    let stderr = without_architecture(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(stderr, "error: interrupted: nothing was written\n");
}

#[test]
fn two_runs_do_not_write_to_one_directory() {
    let model = large_model();
    let child = begin(&model, absmax());
    let small = Model::small();
    let other = quantize(&small.source(), &model.out(), &["--force"]);
    other.failed_with(&["another run is writing to", model.out().to_str().unwrap()]);
    interrupt(child, "-INT");
    assert!(!model.out().exists());
}

/// Of the size of files, as `ulimit -f` and batch systems set it.
#[test]
fn a_limit_is_an_error() {
    let model = large_model();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -f 2000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_absmax")]);
    let out = model.out();
    let run = shell.arg("quantize").args([model.source(), "-o".into(), out.clone()]).output();
    let run = run.unwrap();
    let stderr = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("File too large"), "{stderr}");
    assert!(!out.exists());
}

/// As `nohup` has it.
#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_stays_ignored() {
    // qemu's user mode handles signals itself, ignored or not.
    if std::env::var_os("QEMU_CPU").is_some() {
        return;
    }
    let model = large_model();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_absmax")]);
    let mut child = begin(&model, shell);
    kill(&child, "-HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the run is over");
    interrupt(child, "-TERM");
}

#[test]
fn nothing_is_left() {
    let model = large_model();
    for (signal, exists) in [("-INT", false), ("-TERM", true)] {
        if exists {
            fs::create_dir(model.out()).unwrap();
            fs::write(model.out().join("config.json"), "old").unwrap();
        }
        let child = begin(&model, absmax());
        interrupt(child, signal);
        assert_eq!(model.out().exists(), exists);
        if exists {
            assert_eq!(listing(&model.out()), ["config.json"]);
            assert_eq!(fs::read_to_string(model.out().join("config.json")).unwrap(), "old");
        }
    }
}
