//! Where OUT may be, and what is left there when a run fails.

use std::fs;
use std::path::Path;

use safetensors::Dtype;

use crate::common::{Model, Tensor, listing, quantize, safetensors_file, without_architecture};

#[test]
fn parents_are_made() {
    let model = Model::small();
    let out = model.beside("a/b/./c");
    quantize(&model.source(), &out, &[]).succeeded();
    assert_eq!(listing(&out), ["config.json", "model.safetensors"]);
}

#[test]
fn out_and_source_are_apart() {
    let model = Model::small();
    let source = model.source();
    let before = listing(&source);
    for (out, part) in [
        (source.clone(), "OUT and SRC are the same"),
        (source.join("../source"), "OUT and SRC are the same"),
        (source.join("."), "OUT and SRC are the same"),
        (source.join("out"), "is inside SRC"),
        (source.join("a/../b/out"), "has no name"),
        (model.beside(""), "is inside OUT"),
        (model.beside("source/.."), "is inside OUT"),
    ] {
        for options in [&[][..], &["--force"], &["--dry-run"]] {
            quantize(&source, &out, options).failed_with(&[part]);
        }
    }
    assert_eq!(listing(&source), before);
    let file = source.join("model.safetensors");
    quantize(&file, &source, &["--force"]).failed_with(&["is inside OUT"]);
    quantize(&file, &file, &["--force"]).failed_with(&["OUT and SRC are the same"]);
    assert_eq!(listing(&source), before);
}

#[cfg(unix)]
#[test]
fn links_hide_nothing() {
    use std::os::unix::fs::symlink;

    let model = Model::small();
    symlink(model.source(), model.beside("link")).unwrap();
    quantize(&model.source(), &model.beside("link"), &["--force"])
        .failed_with(&["OUT and SRC are the same"]);
    quantize(&model.beside("link"), &model.source(), &["--force"])
        .failed_with(&["OUT and SRC are the same"]);
    quantize(&model.source(), &model.beside("link/out"), &[]).failed_with(&["is inside SRC"]);
    symlink("nowhere", model.beside("dangling")).unwrap();
    quantize(&model.source(), &model.beside("dangling"), &["--force"]).failed_with(&["dangling"]);
}

#[test]
fn an_existing_out_needs_force() {
    let model = Model::small();
    fs::create_dir(model.out()).unwrap();
    fs::write(model.out().join("notes.txt"), "mine").unwrap();
    fs::write(model.out().join("config.json"), "old").unwrap();
    for options in [&[][..], &["--dry-run"]] {
        quantize(&model.source(), &model.out(), options).failed_with(&["exists", "--force"]);
    }
    assert_eq!(listing(&model.out()), ["config.json", "notes.txt"]);
    for _ in 0..2 {
        quantize(&model.source(), &model.out(), &["--force"]).succeeded();
        assert_eq!(listing(&model.out()), ["config.json", "model.safetensors", "notes.txt"]);
        assert_eq!(fs::read_to_string(model.out().join("notes.txt")).unwrap(), "mine");
        let config = fs::read_to_string(model.out().join("config.json")).unwrap();
        assert!(config.contains("quantization_config"));
    }
    let file = model.beside("file");
    fs::write(&file, "").unwrap();
    quantize(&model.source(), &file, &["--force"]).failed_with(&["not a directory"]);
    quantize(&model.source(), &file.join("out"), &[]).failed_with(&["file/out"]);
}

#[test]
fn force_leaves_no_stale_weights() {
    let weights = ["other.safetensors", "model.safetensors.index.json"];
    for name in weights.into_iter().chain(["adapter_config.json", "hf_quant_config.json"]) {
        let model = Model::small();
        fs::create_dir(model.out()).unwrap();
        fs::write(model.out().join(name), "old").unwrap();
        quantize(&model.source(), &model.out(), &["--force"]).failed_with(&[name, "remove it"]);
        assert_eq!(listing(&model.out()), [name]);
    }
    let model = Model::small();
    fs::create_dir_all(model.out().join("config.json")).unwrap();
    quantize(&model.source(), &model.out(), &["--force"])
        .failed_with(&["config.json", "is a directory"]);
}

#[test]
fn a_failed_run_leaves_an_existing_out_as_it_was() {
    let bad = Tensor::random(Dtype::F32, &[8, 8]).with(63, f32::NAN);
    let tensors = [("a.proj.weight", Tensor::random(Dtype::F32, &[8, 8])), ("b.proj.weight", bad)];
    let model = Model::new().weights("model.safetensors", &tensors).file("sub/x.txt", "x");
    fs::create_dir(model.out()).unwrap();
    fs::write(model.out().join("config.json"), "old").unwrap();
    quantize(&model.source(), &model.out(), &["--force"]).failed_with(&["b.proj.weight"]);
    assert_eq!(listing(&model.out()), ["config.json"]);
    assert_eq!(fs::read_to_string(model.out().join("config.json")).unwrap(), "old");
    // The parents that it made go too.
    quantize(&model.source(), &model.beside("a/b/c"), &[]).failed_with(&["b.proj.weight"]);
    assert!(!model.beside("a").exists());
}

/// A file that cannot be replaced, found when others have been: they are put back.
#[cfg(target_os = "linux")]
#[test]
fn what_was_replaced_is_put_back() {
    use std::process::Command;

    let model = Model::small().file("vocab.txt", "new");
    fs::create_dir(model.out()).unwrap();
    let old =
        [("config.json", "old config"), ("model.safetensors", "old weights"), ("vocab.txt", "v")];
    for (name, content) in old {
        fs::write(model.out().join(name), content).unwrap();
    }
    let script = r#"mount --bind "$1/vocab.txt" "$1/vocab.txt" || exit 99
        "$2" quantize "$3" -o "$1" --force; echo "status $?""#;
    let run = |unshare: &[&str]| {
        Command::new("unshare")
            .args(unshare)
            .args(["sh", "-c", script, "sh"])
            .args([&model.out(), Path::new(env!("CARGO_BIN_EXE_absmax")), &model.source()])
            .output()
    };
    let runs = [&["--mount"][..], &["--mount", "--map-root-user"]].map(run);
    let ran =
        |run: &std::process::Output| String::from_utf8_lossy(&run.stdout).contains("status 1");
    if !runs.into_iter().flatten().any(|run| ran(&run)) {
        use std::io::Write as _;
        let note = "SKIPPED what_was_replaced_is_put_back: nothing can be mounted here";
        writeln!(std::io::stderr(), "{note}").unwrap();
        return;
    }
    assert_eq!(listing(&model.out()), old.map(|(name, _)| name));
    for (name, content) in old {
        assert_eq!(fs::read_to_string(model.out().join(name)).unwrap(), content, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn force_does_not_follow_links_out_of_out() {
    let model = Model::small().file("sub/x.txt", "x");
    let elsewhere = model.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::create_dir(model.out()).unwrap();
    std::os::unix::fs::symlink(&elsewhere, model.out().join("sub")).unwrap();
    quantize(&model.source(), &model.out(), &["--force"]).failed_with(&["sub", "symbolic link"]);
    assert!(listing(&elsewhere).is_empty());
}

/// A file system of its own, which is gone with the process that mounted it.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    use std::process::Command;

    let model = Model::new();
    let large = [("a.proj.weight", Tensor::zeros(Dtype::F32, &[1500, 1500]))];
    let model = model.weights("model.safetensors", &large);
    let mount = model.beside("disk");
    fs::create_dir(&mount).unwrap();
    let script = r#"mount -t tmpfs -o size=1M tmpfs "$1" || exit 99
        "$2" quantize "$3" -o "$1/out"; echo "status $?"; ls -A "$1""#;
    let run = |unshare: &[&str]| {
        Command::new("unshare")
            .args(unshare)
            .args(["sh", "-c", script, "sh"])
            .args([&mount, Path::new(env!("CARGO_BIN_EXE_absmax")), &model.source()])
            .output()
    };
    // As root, or as root of a user namespace.
    let runs = [&["--mount"][..], &["--mount", "--map-root-user"]].map(run);
    let worked = |run: &&std::process::Output| {
        run.status.success() && String::from_utf8_lossy(&run.stdout).contains("status ")
    };
    let runs: Vec<_> = runs.into_iter().flatten().collect();
    let Some(run) = runs.iter().find(worked) else {
        use std::io::Write as _;
        // Not captured, unlike what is printed.
        let note = "SKIPPED a_full_disk: no file system can be mounted here";
        writeln!(std::io::stderr(), "{note}").unwrap();
        return;
    };
    assert_eq!(String::from_utf8_lossy(&run.stdout), "status 1\n");
    let stderr = without_architecture(&String::from_utf8_lossy(&run.stderr));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    for part in ["error: OUT takes 2,2", "there is less room", "No space left on device"] {
        assert!(stderr.contains(part), "{part:?} is not in {stderr}");
    }
}

/// A directory that cannot be written is named. (Root can write everywhere.)
#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written() {
    let model = Model::small();
    fs::write(
        model.beside("single.safetensors"),
        safetensors_file(&Model::small_tensors(Dtype::F32)),
    )
    .unwrap();
    let out = Path::new("/proc/absmax-out");
    quantize(&model.source(), out, &[]).failed_with(&["/proc/absmax-out"]);
}
