//! A flag that is set ends every operation soon, and nothing is left behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use absmax_checkpoint::{
    CompareOptions, Control, DequantizeOptions, Error, Event, InspectOptions, Progress,
    QuantizeOptions, Result, SweepOptions, compare, dequantize, inspect, plan_quantize, quantize,
    sweep,
};

use crate::common::{Model, is_emulated};

/// Five times what the library promises, because other programs run beside the test. An emulator takes
/// long for everything.
fn bound() -> Duration {
    if is_emulated() { Duration::from_secs(120) } else { Duration::from_millis(500) }
}

/// Far more than can be done before a test is over.
const GIB: u64 = 1 << 30;

/// A piece of work that is too long is too long each time; a machine that stalls is not. So one good
/// try of three is enough.
#[track_caller]
fn returns_soon(mut late: impl FnMut() -> Duration) {
    let mut tries = Vec::new();
    while tries.len() < 3 && tries.last().is_none_or(|late| *late >= bound()) {
        tries.push(late());
    }
    println!("returned after {tries:?}");
    assert!(tries.last().is_some_and(|late| *late < bound()), "{tries:?}");
}

/// Sets the flag when so much is done, and demands that the operation returns soon after it.
#[track_caller]
fn cancelled_at<R: std::fmt::Debug>(
    bytes: u64,
    mut operation: impl FnMut(&Control<'_>) -> Result<R>,
) {
    returns_soon(|| lateness(bytes, &mut operation));
}

/// How long after the flag is set the operation returns.
fn lateness<R: std::fmt::Debug>(
    bytes: u64,
    operation: impl FnOnce(&Control<'_>) -> Result<R>,
) -> Duration {
    let bytes = if is_emulated() { bytes >> 10 } else { bytes };
    let cancel = AtomicBool::new(false);
    let mut asked = None;
    let control = Control::new().with_cancel(&cancel).with_events(|event| {
        if let Event::Progress(Progress { done, .. }) = event
            && done >= bytes
            && asked.is_none()
        {
            asked = Some(Instant::now());
            cancel.store(true, Ordering::Relaxed);
        }
    });
    let result = operation(&control);
    drop(control);
    let took = asked.expect("the work has begun").elapsed();
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    took
}

/// Many rows; two rows that are long; one that is very long.
fn large_models() -> [Model; 3] {
    let shapes = [[1 << 17, 1 << 14], [1 << 9, (1 << 22) + 32], [1, 1 << 31]];
    shapes.map(|shape| Model::new(&[("up.weight", "F32", &shape)], &[]))
}

#[test]
fn quantize_stops() {
    for model in large_models() {
        for scheme in ["w8a8", "w8a8,tensor", "w4a16,group=32", "w4a16,channel,asymmetric"] {
            let mut options = QuantizeOptions::default();
            options.scheme = scheme.parse().unwrap();
            for clip in ["none", "mse"] {
                options.clip = clip.parse().unwrap();
                cancelled_at(1 << 25, |control| {
                    quantize(model.source(), model.out(), &options, control)
                });
                assert_eq!(model.names(), ["source"]);
            }
        }
    }
}

/// What was in OUT is as it was.
#[test]
fn a_directory_that_was_there_stays() {
    let [model, ..] = large_models();
    std::fs::create_dir(model.out()).unwrap();
    std::fs::write(model.out().join("config.json"), "old").unwrap();
    let mut options = QuantizeOptions::default();
    options.replace = true;
    cancelled_at(0, |control| quantize(model.source(), model.out(), &options, control));
    let entries: Vec<_> = std::fs::read_dir(model.out()).unwrap().collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(std::fs::read_to_string(model.out().join("config.json")).unwrap(), "old");
}

#[test]
fn copying_stops() {
    let model = Model::small().zeros("other.bin", 64 * GIB);
    let options = QuantizeOptions::default();
    cancelled_at(1 << 26, |control| quantize(model.source(), model.out(), &options, control));
    assert_eq!(model.names(), ["source"]);
}

#[test]
fn a_tensor_that_is_kept_stops() {
    let tensors: [(&str, &str, &[u64]); 2] =
        [("up.weight", "F32", &[4, 4]), ("embed.weight", "F32", &[1 << 20, 1 << 14])];
    let model = Model::new(&tensors, &[]);
    let options = QuantizeOptions::default();
    cancelled_at(1 << 26, |control| quantize(model.source(), model.out(), &options, control));
    assert_eq!(model.names(), ["source"]);
}

/// What is written is read back for its digest.
#[test]
fn hashing_stops() {
    let model = Model::small().zeros("other.bin", 1 << 24);
    let options = QuantizeOptions::default();
    let (copied, hashed) = (1 << 24, 1 << 20);
    cancelled_at(copied + hashed, |control| {
        quantize(model.source(), model.out(), &options, control)
    });
    assert_eq!(model.names(), ["source"]);
}

/// A flush, which cannot be interrupted, does not begin when the flag is set.
#[test]
fn no_flush_begins() {
    let (model, cancel) = (Model::small(), AtomicBool::new(false));
    let (mut done, mut flushes) = (0, 0);
    let control = Control::new().with_cancel(&cancel).with_events(|event| match event {
        Event::Tensor(_) => {
            done += 1;
            cancel.store(done == 2, Ordering::Relaxed);
        }
        Event::Flushing(_) => flushes += 1,
        _ => {}
    });
    let result = quantize(model.source(), model.out(), &QuantizeOptions::default(), &control);
    drop(control);
    assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    assert_eq!((done, flushes), (2, 0));
    assert_eq!(model.names(), ["source"]);
}

#[test]
fn operations_that_only_read_stop() {
    for model in large_models() {
        let source = model.source();
        cancelled_at(1 << 25, |control| inspect(&source, &InspectOptions::default(), control));
        cancelled_at(1 << 25, |control| {
            compare(&source, &source, &CompareOptions::default(), control)
        });
    }
}

/// While the range is looked for, and while schemes are tried.
#[test]
fn sweep_stops() {
    let shapes: [&[u64]; 2] = [&[1 << 17, 1 << 14], &[1, 1 << 26]];
    for (shape, tried) in shapes.into_iter().zip([4 << 31, (4 << 26) + 1]) {
        let model = Model::new(&[("up.weight", "F32", shape)], &[]);
        let mut options = SweepOptions::default();
        options.group_sizes = vec![32, 48, 128];
        cancelled_at(1 << 25, |control| sweep(model.source(), &options, control));
        if shape[0] == 1 {
            cancelled_at(tried, |control| sweep(model.source(), &options, control));
        }
    }
}

#[test]
fn dequantize_stops() {
    for shape in [[1 << 17, 1 << 14], [1, 1 << 31]] {
        let tensors: [(&str, &str, &[u64]); 2] =
            [("up.weight_scale", "F32", &[shape[0], 1]), ("up.weight", "I8", &shape)];
        // Every scale has to be positive.
        let scales = 1.0_f32.to_le_bytes().repeat(shape[0] as usize);
        let model = Model::new(&tensors, &scales);
        let options = DequantizeOptions::default();
        cancelled_at(1 << 24, |control| dequantize(model.source(), model.out(), &options, control));
        assert_eq!(model.names(), ["source"]);
    }
}

/// A flag that was set before.
#[test]
fn nothing_begins() {
    let (model, cancel) = (Model::small(), AtomicBool::new(true));
    let told = |event: Event<'_>| panic!("{event:?}");
    let control = Control::new().with_cancel(&cancel).with_events(told);
    let options = QuantizeOptions::default();
    let results = [
        quantize(model.source(), model.out(), &options, &control).map(|_| ()),
        plan_quantize(model.source(), None, &options, &control).map(|_| ()),
        inspect(model.source(), &InspectOptions::default(), &control).map(|_| ()),
        sweep(model.source(), &SweepOptions::default(), &control).map(|_| ()),
    ];
    for result in results {
        assert!(matches!(result, Err(Error::Cancelled)), "{result:?}");
    }
    assert_eq!(model.names(), ["source"]);
}

/// The longest header that the format allows takes a second to parse.
#[test]
fn parsing_stops() {
    let tensors = if is_emulated() { 200_000 } else { 1_000_000 };
    let tensors: Vec<(String, &str, [u64; 2])> =
        (0..tensors).map(|i| (format!("layers.{i}.up.weight"), "F32", [0, 0])).collect();
    let tensors: Vec<(&str, &str, &[u64])> =
        tensors.iter().map(|(name, dtype, shape)| (&**name, *dtype, &shape[..])).collect();
    let (model, cancel) = (Model::new(&tensors, &[]), AtomicBool::new(false));
    let control = Control::new().with_cancel(&cancel);
    for milliseconds in [50, 200, 400] {
        returns_soon(|| {
            cancel.store(false, Ordering::Relaxed);
            std::thread::scope(|scope| {
                let setter = scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(milliseconds));
                    cancel.store(true, Ordering::Relaxed);
                    Instant::now()
                });
                let result = inspect(model.source(), &InspectOptions::default(), &control);
                assert!(matches!(result, Err(Error::Cancelled)), "{:?}", result.map(|_| ()));
                let returned = Instant::now();
                returned.duration_since(setter.join().unwrap())
            })
        });
    }
}
