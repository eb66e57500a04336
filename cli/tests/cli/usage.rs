//! Usage errors exit 2 and say what was expected.

use crate::common::absmax;

#[test]
fn usage_errors_exit_2() {
    let cases: [(&[&str], &str); 16] = [
        (&[], "Usage"),
        (&["frobnicate"], "frobnicate"),
        (&["quantize"], "<SRC>"),
        (&["quantize", "SRC"], "--output <OUT>"),
        (&["quantize", "SRC", "-o"], "<OUT>"),
        (&["quantize", "SRC", "-o", "OUT", "--scheme", "w4a16"], "w8a8"),
        (&["quantize", "SRC", "-o", "OUT", "--granularity", "row"], "channel, tensor"),
        (&["quantize", "SRC", "-o", "OUT", "--threads", "-1"], "-1"),
        (&["quantize", "SRC", "-o", "OUT", "--threads", "many"], "many"),
        (&["quantize", "SRC", "-o", "OUT", "--threads", "100000"], "from 0 to 1024"),
        (&["quantize", "SRC", "-o", "OUT", "--isa", "sse2"], "portable, avx2, avx512 and neon"),
        (&["quantize", "SRC", "-o", "OUT", "--ignore", "re:("], "unclosed group"),
        (&["values"], "<VALUE>"),
        (&["values", "1", "two"], "two"),
        (&["values", "1", "--two"], "--two"),
        (&["demo", "fast"], "fast"),
    ];
    for (args, part) in cases {
        let run = absmax(args);
        assert_eq!(run.code, Some(2), "{args:?}: {run:#?}");
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.contains(part), "{args:?}: {part:?} is not in {}", run.stderr);
    }
}

#[test]
fn help_and_version() {
    let help = absmax(["quantize", "--help"]).succeeded().stdout;
    for option in ["--output", "--ignore", "--granularity", "--threads", "--isa", "--dry-run"] {
        assert!(help.contains(option), "{option}");
    }
    let version = absmax(["--version"]).succeeded().stdout;
    assert_eq!(version, format!("absmax {}\n", env!("CARGO_PKG_VERSION")));
}
