//! `quantize_checkpoint`.

use std::cell::Cell;
use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use absmax_checkpoint::{
    Control, Error, Event, InvalidOption, Progress, QuantizeOptions, plan_quantize, quantize,
};
use pyo3::exceptions::PyFileExistsError;
use pyo3::prelude::*;

use crate::background;
use crate::error::refused;

/// Quantizes a checkpoint to a compressed-tensors checkpoint, which transformers and vLLM load.
///
/// src is a model directory as transformers saves it, or one safetensors file. out is the directory
/// that is written. scheme is "w8a8", "w8a16" or "w4a16", with what differs from its defaults after
/// commas, as in "w4a16,group=64,asymmetric". ignore names modules that are left as they are, by
/// their names or as "re:PATTERN"; overrides gives some another scheme, as in
/// "re:.*mlp.*=w4a16,group=32". clip is "mse", "percentile=99.9" or None; on_ragged "keep" or
/// "channel" says what becomes of weights whose rows the groups do not divide, experts="keep"
/// leaves experts that are stacked in one tensor, on_unloadable is "keep" or "write". requantize
/// reads a source that is quantized already, replace writes to a directory that exists, and
/// dry_run=True writes nothing.
///
/// progress is called with the bytes done and the bytes in all, on the calling thread, some fifty
/// times a second at most. The last call has all bytes done.
///
/// Returns the report as a dict: "tensors", "warnings", "files", "ratio", "worst" and others, as
/// `absmax quantize --json` has them.
///
/// Ctrl-C raises KeyboardInterrupt, and an exception of progress goes on to the caller: either
/// stops the work within a tenth of a second, and whatever was written is removed. (Once all files
/// are written and get their names, which takes moments, the work runs to its end first.)
///
/// Raises FileNotFoundError and other OSErrors, FileExistsError if out exists and replace is not
/// set, and ValueError for everything else: with the names and the numbers. Nothing is left behind.
#[pyfunction]
#[pyo3(signature = (
    src, out, scheme = "w8a8", *, ignore = vec![], overrides = vec![], clip = None, on_ragged = None,
    experts = None, on_unloadable = None, requantize = false, replace = false, dry_run = false, progress = None
))]
#[expect(clippy::too_many_arguments, reason = "they are keywords in Python")]
pub(crate) fn quantize_checkpoint<'py>(
    py: Python<'py>,
    src: PathBuf,
    out: PathBuf,
    scheme: &str,
    ignore: Vec<String>,
    overrides: Vec<String>,
    clip: Option<&str>,
    on_ragged: Option<&str>,
    experts: Option<&str>,
    on_unloadable: Option<&str>,
    requantize: bool,
    replace: bool,
    dry_run: bool,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut options = QuantizeOptions::default();
    options.scheme = parsed("scheme", scheme)?;
    options.ignore = all_parsed("ignore", &ignore)?;
    options.overrides = all_parsed("overrides", &overrides)?;
    set(&mut options.clip, "clip", clip)?;
    set(&mut options.on_ragged, "on_ragged", on_ragged)?;
    set(&mut options.experts, "experts", experts)?;
    set(&mut options.on_unloadable, "on_unloadable", on_unloadable)?;
    (options.requantize, options.replace) = (requantize, replace);

    let latest = Mutex::new(None);
    let told = Cell::new(None);
    let tell = |_: Python<'_>| {
        let now = latest.lock().map(|latest| *latest).unwrap_or_default();
        match (&progress, now) {
            (Some(progress), Some(now)) if told.replace(Some(now)) != Some(now) => {
                let Progress { done, total, .. } = now;
                progress.call1((done, total)).map(drop)
            }
            _ => Ok(()),
        }
    };
    let work = |cancel: &AtomicBool| {
        let control = Control::new().with_cancel(cancel).with_events(|event| {
            if let (Event::Progress(progress), Ok(mut latest)) = (event, latest.lock()) {
                *latest = Some(progress);
            }
        });
        if dry_run {
            plan_quantize(&src, Some(out.as_path()), &options, &control)
        } else {
            quantize(&src, &out, &options, &control)
        }
    };
    let report = background::run(py, work, tell)?.map_err(exception)?;
    tell(py)?;
    let json = serde_json::to_string(&report).map_err(|error| refused(error.to_string()))?;
    py.import("json")?.call_method1("loads", (json,))
}

fn parsed<T: FromStr<Err = InvalidOption>>(name: &str, text: &str) -> PyResult<T> {
    text.parse().map_err(|error| refused(format!("{name}: {error}")))
}

fn all_parsed<T: FromStr<Err = InvalidOption>>(name: &str, texts: &[String]) -> PyResult<Vec<T>> {
    texts.iter().map(|text| parsed(name, text)).collect()
}

/// Sets an option that is given.
fn set<T: FromStr<Err = InvalidOption>>(
    option: &mut T,
    name: &str,
    text: Option<&str>,
) -> PyResult<()> {
    if let Some(text) = text {
        *option = parsed(name, text)?;
    }
    Ok(())
}

/// The exception of an error, with all that leads to it.
fn exception(error: Error) -> PyErr {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    match error.root() {
        Error::OutExists { .. } => PyFileExistsError::new_err(text),
        Error::Io { source, .. } | Error::ReadTensor { source, .. } => {
            io::Error::new(source.kind(), text).into()
        }
        _ => refused(text),
    }
}
