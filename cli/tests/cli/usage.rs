//! Usage errors exit 2 and say what was expected.

use crate::common::absmax;

#[test]
fn usage_errors_exit_2() {
    let cases: [(&[&str], &str); 26] = [
        (&[], "Usage"),
        (&["frobnicate"], "frobnicate"),
        (&["quantize"], "<SRC>"),
        (&["quantize", "SRC"], "--output <OUT>"),
        (&["quantize", "SRC", "-o"], "<OUT>"),
        (&["quantize", "SRC", "-o", "OUT", "--scheme", "w3a16"], "w8a8, w8a16, w4a16"),
        (&["quantize", "SRC", "-o", "OUT", "--granularity", "row"], "tensor, channel or group=N"),
        (&["quantize", "SRC", "-o", "OUT", "--granularity", "group=0"], "group=N"),
        (&["quantize", "SRC", "-o", "OUT", "--bits", "9"], "w8a8 has room for 2 to 8"),
        (&["quantize", "SRC", "-o", "OUT", "--scheme", "w4a16", "--bits", "5"], "2 to 4"),
        (&["quantize", "SRC", "-o", "OUT", "--range", "full", "--asymmetric"], "--asymmetric"),
        (&["quantize", "SRC", "-o", "OUT", "--reduce-range", "--bits", "6"], "--bits"),
        (&["quantize", "SRC", "-o", "OUT", "--override", "re:.*"], "NAME=SCHEME"),
        (&["quantize", "SRC", "-o", "OUT", "--override", "q=w4a16,row"], "group=N"),
        (&["quantize", "SRC", "-o", "OUT", "--override", "q=w8a8,narrow,full"], "contradicts"),
        (&["quantize", "SRC", "-o", "OUT", "--override", "q=w8a8,full,asymmetric"], "no narrow"),
        (&["quantize", "SRC", "-o", "OUT", "--override", "q=w2a2"], "w8a8, w8a16 and w4a16"),
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
