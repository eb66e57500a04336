//! The bytes written depend on nothing but SRC and the options that say what to do.

use std::fs;
use std::path::Path;

use absmax::Backend;
use safetensors::Dtype;

use crate::common::{Model, Tensor, listing, quantize};

#[test]
fn threads_and_instruction_sets_change_nothing() {
    // Several slabs a tensor.
    let shape = [400, 1000];
    let model = Model::new().weights(
        "model.safetensors",
        &[
            ("a.proj.weight", Tensor::random(Dtype::F32, &shape)),
            ("b.proj.weight", Tensor::random(Dtype::BF16, &shape)),
            ("c.proj.weight", Tensor::random(Dtype::F16, &shape)),
            ("embed.weight", Tensor::random(Dtype::F32, &[600, 1000])),
        ],
    );
    for granularity in ["channel", "tensor"] {
        let mut runs: Vec<(String, Vec<&str>)> = ["0", "1", "2", "3"]
            .map(|threads| (format!("{threads} threads"), vec!["--threads", threads]))
            .into();
        for backend in Backend::available() {
            let isa = backend.isa().name();
            runs.push((isa.to_owned(), vec!["--isa", isa]));
        }
        let first = model.beside(&format!("first, {granularity}"));
        let first_run =
            quantize(&model.source(), &first, &["--granularity", granularity, "--json"]);
        let first_report = first_run.succeeded().json();
        for (name, mut options) in runs {
            options.extend(["--granularity", granularity, "--json"]);
            let out = model.beside(&format!("{name}, {granularity}"));
            let report = quantize(&model.source(), &out, &options).succeeded().json();
            same_files(&first, &out);
            for key in ["tensors", "files", "ignore", "worst"] {
                assert_eq!(report[key], first_report[key], "{key} with {name}");
            }
        }
    }
}

#[track_caller]
fn same_files(a: &Path, b: &Path) {
    assert_eq!(listing(a), listing(b));
    for name in listing(a) {
        let same = fs::read(a.join(&name)).unwrap() == fs::read(b.join(&name)).unwrap();
        assert!(same, "{name} of {} and of {}", a.display(), b.display());
    }
}

#[test]
fn an_instruction_set_that_the_cpu_lacks_is_an_error() {
    let model = Model::small();
    let available: Vec<_> = Backend::available().map(|backend| backend.isa()).collect();
    let lacking = absmax::Isa::ALL.into_iter().find(|isa| !available.contains(isa)).unwrap();
    let mut parts = vec![lacking.name()];
    parts.extend(available.iter().map(|isa| isa.name()));
    quantize(&model.source(), &model.out(), &["--isa", lacking.name()]).failed_with(&parts);
    assert!(!model.out().exists());
}
