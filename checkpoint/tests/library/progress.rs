//! The callback is told of all work, and of nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};

use absmax_checkpoint::{
    Clip, CompareOptions, Control, DequantizeOptions, Event, InspectOptions, Progress,
    QuantizeOptions, Result, SweepOptions, compare, dequantize, inspect, quantize, sweep,
};

use crate::common::Model;

/// Runs an operation and checks that progress begins at nothing, never falls and ends with all;
/// returns the total.
#[track_caller]
fn watched<R>(operation: impl FnOnce(&Control<'_>) -> Result<R>) -> (R, u64) {
    let mut seen: Vec<Progress> = Vec::new();
    let control = Control::new().with_events(|event| {
        if let Event::Progress(progress) = event {
            seen.push(progress);
        }
    });
    let result = operation(&control).unwrap();
    drop(control);
    let (first, last) = (seen[0], seen[seen.len() - 1]);
    assert_eq!((first.done, last.done), (0, last.total));
    assert!(seen.iter().all(|progress| progress.total == last.total));
    assert!(seen.is_sorted_by_key(|progress| progress.done), "{seen:?}");
    // The end is reached by work, not by saying so.
    let before_the_end = seen[seen.len() - 2];
    assert_eq!(before_the_end.done, last.total, "{seen:?}");
    (result, last.total)
}

#[test]
fn progress_reaches_the_total() {
    let model = Model::small().zeros("tokenizer.json", 5_000_000);
    let (source, out, again) =
        (model.source(), model.out(), model.source().with_file_name("again"));
    let options = QuantizeOptions::default();
    let (report, total) = watched(|control| quantize(&source, &out, &options, control));
    let written: u64 = report.files.iter().map(|file| file.bytes).sum();
    assert_eq!(total, (96 + 4) * 4 + 5_000_000 + written);

    watched(|control| dequantize(&out, &again, &DequantizeOptions::default(), control));
    let (_, total) = watched(|control| compare(&source, &out, &CompareOptions::default(), control));
    assert_eq!(total, 96 * 4 + 96 + 2 * 4 * 4);
    let (_, total) = watched(|control| inspect(&source, &InspectOptions::default(), control));
    assert_eq!(total, (96 + 4) * 4);
    let (_, total) = watched(|control| sweep(&source, &SweepOptions::default(), control));
    assert_eq!(total, 2 * 96 * 4);
}

/// One scale for a tensor takes a look at all of it first; a clip that proves itself takes another.
#[test]
fn every_pass_counts() {
    for (clip, passes) in [(Clip::None, 2), (Clip::Percentile(99.0), 2), (Clip::Mse, 3)] {
        let model = Model::small();
        let mut options = QuantizeOptions::default();
        options.scheme = "w8a16,tensor".parse().unwrap();
        options.clip = clip;
        let run = |control: &Control<'_>| quantize(model.source(), model.out(), &options, control);
        let (report, total) = watched(run);
        let written: u64 = report.files.iter().map(|file| file.bytes).sum();
        assert_eq!(total, passes * 96 * 4 + 4 * 4 + written, "{clip}");
    }
}

/// What is told of tensors and files is what the report says.
#[test]
fn events_are_those_of_the_report() {
    let model = Model::small();
    let (mut planned, mut tensors, mut files) = (0, Vec::new(), Vec::new());
    let control = Control::new().with_events(|event| match event {
        Event::Planned(plan) => planned = plan.len(),
        Event::Tensor(tensor) => tensors.push(tensor.clone()),
        Event::Written(file) => files.push(file.clone()),
        _ => {}
    });
    let options = QuantizeOptions::default();
    let report = quantize(model.source(), model.out(), &options, &control).unwrap();
    drop(control);
    assert_eq!((planned, tensors.len()), (2, 2));
    assert_eq!((tensors, files), (report.tensors, report.files));
}

/// A callback that panics ends the operation, is not called again, and leaves nothing behind.
#[test]
fn a_callback_that_panics() {
    let values: Vec<u8> = (0..1 << 20).flat_map(|i| (i as f32).to_le_bytes()).collect();
    let model = Model::new(&[("up.weight", "F32", &[1 << 10, 1 << 10])], &values);
    let mut calls = 0;
    let control = Control::new().with_events(|event| {
        if matches!(event, Event::Progress(progress) if progress.done > 0) {
            calls += 1;
            panic!("the callback");
        }
    });
    let options = QuantizeOptions::default();
    let run = || quantize(model.source(), model.out(), &options, &control);
    let panicked = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    drop(control);
    assert_eq!(panicked.downcast_ref(), Some(&"the callback"));
    assert_eq!(calls, 1);
    assert_eq!(model.names(), ["source"]);
}
