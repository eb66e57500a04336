//! Quantizes a directory, shows how far it is, and stops when Enter is pressed or after so many
//! seconds: `cargo run --release --example progress -- MODEL OUT [SECONDS]`.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use absmax_checkpoint::{Control, Error, Event, QuantizeOptions, quantize};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, out, rest @ ..] = &arguments[..] else {
        eprintln!("usage: progress MODEL OUT [SECONDS]");
        return ExitCode::FAILURE;
    };
    let cancel = Arc::new(AtomicBool::new(false));
    cancel_on_enter(cancel.clone());
    if let Some(seconds) = rest.first().and_then(|seconds| seconds.parse().ok()) {
        cancel_after(Duration::from_secs(seconds), cancel.clone());
    }

    let mut shown = None;
    let control = Control::new().with_cancel(&cancel).with_events(|event| match event {
        Event::Progress(progress) => {
            let percent = (100.0 * progress.fraction()) as u32;
            // There are thousands of events a second, and a terminal is slow.
            if shown.replace(percent) != Some(percent) {
                eprint!("\r{percent:3} %");
            }
        }
        Event::Warning(warning) => eprintln!("\rwarning: {warning}"),
        Event::Flushing(file) => eprint!("\rflushing {} ", file.display()),
        _ => {}
    });
    let result = quantize(source, out, &QuantizeOptions::default(), &control);
    eprintln!();
    match result {
        Ok(report) => println!("{:.2} times smaller", report.ratio),
        Err(Error::Cancelled) => println!("cancelled: nothing was written"),
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// A program of its own would set the flag in a handler of Ctrl-C, such as that of the crate
/// `ctrlc`.
fn cancel_on_enter(cancel: Arc<AtomicBool>) {
    thread::spawn(move || {
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            cancel.store(true, Ordering::Relaxed);
        }
    });
}

fn cancel_after(time: Duration, cancel: Arc<AtomicBool>) {
    thread::spawn(move || {
        thread::sleep(time);
        cancel.store(true, Ordering::Relaxed);
    });
}
