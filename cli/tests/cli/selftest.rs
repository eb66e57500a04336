//! The self-test, quick as the kernels under test are not optimised, and who may ask for what.

use absmax::{Backend, Isa};

use crate::common::absmax;

#[test]
fn passes_on_the_best_backend() {
    let best = Backend::best().isa().name();
    let run = absmax(["selftest", "--quick", "--json", "--isa", best]).succeeded();
    assert_eq!(run.json()["passed"], true);
    assert!(run.stdout.contains(best), "{best} did not run: {}", run.stdout);
    for kernel in KERNELS {
        let counted = format!("\"kernel\": \"{kernel}\"");
        assert!(run.stdout.contains(&counted), "{kernel} was not compared");
    }
}

/// Everything that a backend does to values.
const KERNELS: [&str; 14] = [
    "abs_max",
    "min_max",
    "quantize_with_into",
    "fake_quantize_into",
    "quantize_into",
    "quantize_rows",
    "quantize_rows_with",
    "quantize_tensor_into",
    "dequantize_into",
    "dequantize_rows",
    "dequantize_tensor_into",
    "pack_into",
    "unpack_into",
    "error_stats",
];

#[test]
fn refuses_what_the_cpu_has_not() {
    let missing = if cfg!(target_arch = "aarch64") { Isa::Avx2 } else { Isa::Neon };
    absmax(["selftest", "--isa", missing.name()]).failed_with(&[missing.name(), "portable"]);
    assert_eq!(absmax(["selftest", "--isa", "sse9"]).code, Some(2));
}
