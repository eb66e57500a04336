//! The committed vectors: current, and reproduced by every backend.

use std::path::PathBuf;

use absmax::Backend;
use absmax_proof::vectors::{Topic, topics};

fn path(topic: &Topic) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("vectors")
        .join(topic.name)
        .with_extension("json")
}

/// What is committed, with the line ends that it is written with.
fn committed(topic: &Topic) -> String {
    let text = std::fs::read_to_string(path(topic)).expect("the file is committed");
    text.replace("\r\n", "\n")
}

#[test]
fn the_committed_vectors_are_the_reference_s_answers() {
    for topic in topics() {
        let current = committed(&topic) == (topic.text)();
        assert!(current, "{}: run `cargo run -p absmax-proof -- vectors vectors`", topic.name);
    }
}

#[test]
fn nothing_else_is_committed_beside_them() {
    let entries = std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors"));
    let mut found: Vec<PathBuf> = entries.unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    found.sort();
    let mut expected: Vec<PathBuf> = topics().iter().map(path).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn every_backend_reproduces_them() {
    for topic in topics() {
        let text = committed(&topic);
        for backend in Backend::available() {
            let cases = (topic.replay)(&text, backend).unwrap_or_else(|unlike| panic!("{unlike}"));
            println!("{}: {cases} cases on {}", topic.name, backend.isa());
            assert_eq!(cases, text.lines().count() - 2, "one case a line");
        }
    }
}

/// One digit of the longest answer of each file, and of its version.
#[test]
fn a_spoiled_vector_is_noticed() {
    for topic in topics() {
        let text = committed(&topic);
        let answered = text.lines().skip(1).filter(|line| !line.contains("error"));
        // The answer stands at the end.
        let line = answered.max_by_key(|line| line.len()).expect("a case with an answer");
        let at = line.rfind(|c: char| c.is_ascii_digit()).expect("a digit");
        let other = if &line[at..=at] == "1" { "0" } else { "1" };
        let spoiled = format!("{}{other}{}", &line[..at], &line[at + 1..]);
        let backend = Backend::best();
        assert!((topic.replay)(&text.replace(line, &spoiled), backend).is_err(), "{spoiled}");
        let other_schema = text.replacen("\"schema\":1", "\"schema\":2", 1);
        assert!((topic.replay)(&other_schema, backend).is_err(), "{}", topic.name);
    }
}
