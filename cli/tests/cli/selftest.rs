//! The self-test, quick as the kernels under test are not optimised, and who may ask for what.

use absmax::{Backend, Isa};
use serde_json::Value;

use crate::common::absmax;

#[test]
fn passes_on_every_backend() {
    let report: Value = absmax(["selftest", "--quick", "--json"]).succeeded().json();
    assert_eq!(report["passed"], true);
    let text = report.to_string();
    for backend in Backend::available() {
        assert!(text.contains(backend.isa().name()), "{} did not run: {text}", backend.isa());
    }
}

#[test]
fn refuses_what_the_cpu_has_not() {
    let missing = if cfg!(target_arch = "aarch64") { Isa::Avx2 } else { Isa::Neon };
    absmax(["selftest", "--isa", missing.name()]).failed_with(&[missing.name(), "portable"]);
    assert_eq!(absmax(["selftest", "--isa", "sse9"]).code, Some(2));
}
