//! A library that quantizes checkpoints and looks at them. The command `absmax` is built on it.
//!
//! A checkpoint is a model directory as transformers saves it (`config.json` and one or many
//! safetensors files), or one safetensors file. With
//!
//! ```toml
//! [dependencies]
//! absmax-checkpoint = "0.1"
//! ```
//!
//! this quantizes a directory:
//!
//! ```no_run
//! use absmax_checkpoint::{Control, QuantizeOptions, quantize};
//!
//! let report = quantize("model", "model-int8", &QuantizeOptions::default(), &Control::new())?;
//! println!("{:.2} times smaller", report.ratio);
//! for tensor in report.outcome.iter().flat_map(|outcome| &outcome.worst) {
//!     println!("{} has an SQNR of {:.1} dB", tensor.name, tensor.sqnr_db);
//! }
//! # Ok::<(), absmax_checkpoint::Error>(())
//! ```
//!
//! `model-int8` is a compressed-tensors checkpoint that transformers and vLLM load. By default it
//! is W8A8: int8 weights with one scale for each output channel. [`QuantizeOptions`] has the other
//! schemes. Embeddings, norms, routers and heads stay as they are, and other files are copied. The
//! integers and scales are those of the crate [`absmax`], the same bits on every CPU and on any
//! number of threads. That crate is re-exported: its `Backend`, `Isa`, `Range`, `ScaleType` and
//! `Error` appear in options, reports and errors.
//!
//! # Operations
//!
//! Each operation is a function of paths, options and a [`Control`], and returns a report. The
//! directory that is written is called OUT, and what is read SRC or the source.
//!
//! | function | what it does | options | report |
//! |---|---|---|---|
//! | [`quantize()`] | writes a quantized checkpoint | [`QuantizeOptions`] | [`QuantizeReport`] |
//! | [`plan_quantize`] | tells what that would do | [`QuantizeOptions`] | [`QuantizeReport`] |
//! | [`dequantize()`] | writes floats again | [`DequantizeOptions`] | [`DequantizeReport`] |
//! | [`compare()`] | errors against another one | [`CompareOptions`] | [`CompareReport`] |
//! | [`inspect()`] | shapes, ranges and outliers | [`InspectOptions`] | [`InspectReport`] |
//! | [`sweep()`] | the error of every scheme | [`SweepOptions`] | [`SweepReport`] |
//!
//! Options begin with their defaults, and their fields are set:
//!
//! ```
//! use absmax_checkpoint::{Clip, QuantizeOptions};
//!
//! let mut options = QuantizeOptions::default();
//! options.scheme = "w4a16,group=64".parse()?;
//! options.clip = Clip::Mse;
//! options.ignore.push("re:.*shared_expert".parse()?);
//! options.overrides.push("re:.*down_proj=w8a16".parse()?);
//! options.replace = true;
//! # Ok::<(), absmax_checkpoint::InvalidOption>(())
//! ```
//!
//! Options that mean nothing are an [`InvalidOption`]. A text is refused when it is parsed, and a
//! value when an operation begins. Structs and enums that may grow are `#[non_exhaustive]`. Options
//! with a `backend` cannot be compared by `==`, since an [`absmax::Backend`] cannot: compare what
//! serde writes of them.
//!
//! # JSON
//!
//! Options and reports are plain data that [serde](https://serde.rs) writes and reads; schemes,
//! patterns, granularities and clips are written as their texts.
//!
//! When options are read, whatever is left out has its default, and unknown fields are errors. The
//! field `backend` is an unknown field, since it is never written. Options are JSON objects. Serde
//! also reads an array of all fields in their order, but do not rely on that.
//!
//! Some fields of reports are flattened: they have no key of their own, and their fields lie beside
//! the others. These are [`TensorReport::error`], [`QuantizeReport::outcome`],
//! [`InspectedTensor::statistics`], [`ComparedTensor::error`], and `candidate` and `error` of
//! [`SchemeNumbers`]. Where one of them is `None`, its fields are absent, and so is
//! [`SweepReport::histogram`]; other fields that are `None` are null.
//!
//! A [`Reason`] or [`Warning`] is written as its name in snake_case, together with what it holds,
//! if it holds something. JSON has no infinity, so an infinite SQNR is null (see [`ErrorNumbers`]).
//!
//! ```
//! use absmax_checkpoint::{Reason, TensorReport, Warning};
//!
//! let text = r#"{
//!     "name": "up.weight", "file": "model.safetensors", "dtype": "F32", "shape": [4, 24],
//!     "quantized": true, "scheme": "w8a8,channel", "reason": null, "scales": 4,
//!     "bytes_before": 384, "bytes_after": 112,
//!     "sqnr_db": 45.1, "cosine": 0.9999, "mse": 0.0021, "max_abs_error": 0.16
//! }"#;
//! let tensor: TensorReport = serde_json::from_str(text)?;
//! assert_eq!(tensor.error.map(|error| error.sqnr_db), Some(45.1));
//!
//! let json = |reason: Reason| serde_json::to_string(&reason);
//! assert_eq!(json(Reason::NotAWeight)?, r#""not_a_weight""#);
//! assert_eq!(json(Reason::Dimensions(3))?, r#"{"dimensions":3}"#);
//!
//! let warning = Warning::UnusedIgnore { pattern: "lm_haed".to_owned() };
//! let text = serde_json::to_string(&warning)?;
//! assert_eq!(text, r#"{"unused_ignore":{"pattern":"lm_haed"}}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Progress, and how to stop
//!
//! A [`Control`] watches an operation. Its callback gets every [`Event`]: bytes done and bytes in
//! all, tensors as they are done, warnings. Its flag, when it is set, stops the operation.
//!
//! ```no_run
//! use std::sync::atomic::{AtomicBool, Ordering};
//! use std::thread;
//! use std::time::Duration;
//!
//! use absmax_checkpoint::{Control, Error, Event, QuantizeOptions, quantize};
//!
//! let cancel = AtomicBool::new(false);
//! let result = thread::scope(|scope| {
//!     scope.spawn(|| {
//!         thread::sleep(Duration::from_secs(60));
//!         cancel.store(true, Ordering::Relaxed);
//!     });
//!     let control = Control::new().with_cancel(&cancel).with_events(|event| match event {
//!         Event::Progress(progress) => eprint!("\r{:3.0} %", 100.0 * progress.fraction()),
//!         Event::Warning(warning) => eprintln!("warning: {warning}"),
//!         _ => {}
//!     });
//!     quantize("model", "model-int8", &QuantizeOptions::default(), &control)
//! });
//! match result {
//!     Ok(report) => println!("{} files", report.files.len()),
//!     // This error is never inside of another one.
//!     Err(Error::Cancelled) => println!("stopped, and nothing was written"),
//!     Err(error) => println!("error: {error}"),
//! }
//! ```
//!
//! The flag is looked at before each piece of at most 1 MiB that is read, written, hashed or
//! parsed. It is also looked at before kernels get a slab, which keeps them for some hundredths of
//! a second at most. So an operation returns within a tenth of a second, except for system calls,
//! which cannot be interrupted: flushing a file to disk, which [`Event::Flushing`] announces and
//! which may take seconds, renaming, and reading from a disk that does not answer. Giving files
//! their names is a matter of moments. Once that has begun, the operation runs to its end. If the
//! flag is set before the first byte of a tensor is read, while headers are read and the plan is
//! made, there are no events: a callback alone cannot cancel that part, another thread can.
//!
//! The last [`Event::Progress`] of an operation that succeeds has all bytes done. All bytes are
//! done a little before the operation ends, while files have yet to be given their names. Only the
//! report says that OUT is there.
//!
//! # What is atomic
//!
//! [`quantize()`] and [`dequantize()`] write each file under a temporary name, flush it to disk,
//! read it back for its SHA-256, and give it its name when all files are there; config.json comes
//! last, since without it loaders take a directory for no model at all. An operation that fails or
//! is cancelled removes what it has made and puts back what it had replaced. A process that is
//! killed may leave files whose names begin with `.absmax-`, which every later operation leaves
//! out. These files may be deleted when no operation runs.
//!
//! OUT is a directory, even if the source is one file, and has to be another directory than the
//! source. An operation makes OUT with the parents that it lacks, and removes all of them if it
//! fails. If it exists, even empty, `replace` has to be set, or the operation ends with
//! [`Error::OutExists`]. Then files of the same names are replaced. Weights that would stay beside
//! the new ones are an error.
//!
//! One operation at a time writes to a directory. Another one gets [`Error::Busy`], or
//! [`Error::OutExists`] if it began when the first had made the directory and its `replace` is not
//! set.
//!
//! # Memory and threads
//!
//! Operations run on the current [rayon](https://docs.rs/rayon) pool: to choose the number of
//! threads, call them in `ThreadPool::install`. A thread holds a slab of 131,072 values, or one
//! row of up to 4,194,304 values, some ten bytes for each. Longer rows are read twice, in slabs.
//! Beside that, the scales of a tensor, the headers and what the report says of each tensor are
//! kept. Files are not mapped. [`sweep()`] alone holds whole rows, however long.
//!
//! # Errors
//!
//! Every function returns [`Error`], which has the names and numbers that explain it. To tell
//! errors apart, match [`Error::root`]: errors of values and files may come inside of
//! [`Error::File`], [`Error::Tensor`] or [`Error::DiskFull`], which say where they happened.
//!
//! ```
//! use std::io::ErrorKind;
//! use std::path::Path;
//!
//! use absmax_checkpoint::{Control, Error, QuantizeOptions, quantize};
//!
//! fn explain(error: &Error, src: &Path) -> String {
//!     match error.root() {
//!         Error::Cancelled => "cancelled".to_owned(),
//!         Error::NotFinite { tensor, row, column, .. } => {
//!             format!("{tensor} is broken at [{row}, {column}]")
//!         }
//!         Error::OutExists { out } => format!("{} is there already", out.display()),
//!         Error::Io { path, source, .. }
//!             if path == src && source.kind() == ErrorKind::NotFound =>
//!         {
//!             format!("there is no {}", src.display())
//!         }
//!         other => other.to_string(),
//!     }
//! }
//!
//! let options = QuantizeOptions::default();
//! let error = quantize("no/model", "out", &options, &Control::new()).unwrap_err();
//! assert_eq!(explain(&error, Path::new("no/model")), "there is no no/model");
//! ```
//!
//! Some errors are never inside of another one: [`Error::Cancelled`], [`Error::InvalidOption`], the
//! error of a source that is not there, and the errors that keep OUT from being written, from
//! [`Error::OutIsSource`] to [`Error::Busy`].
//!
//! An error says its own part, and leads to its cause by [`source`](std::error::Error::source). To
//! show all of it, print the chain:
//!
//! ```
//! use std::error::Error as _;
//!
//! use absmax_checkpoint::{CompareOptions, Control, compare};
//!
//! let error = compare("no", "where", &CompareOptions::default(), &Control::new()).unwrap_err();
//! let mut text = error.to_string();
//! let mut cause = error.source();
//! while let Some(error) = cause {
//!     text += &format!(": {error}");
//!     cause = error.source();
//! }
//! assert!(text.starts_with("cannot read no: "));
//! ```
//!
//! Nothing here prints, ends the process, handles signals, reads environment variables or keeps
//! state between calls.

mod architecture;
mod compare;
mod control;
mod dequantize;
mod error;
mod format;
mod inspect;
mod plan;
mod quantize;
mod read;
mod report;
mod scheme;
mod source;
mod sweep;
mod write;

#[doc(no_inline)]
pub use absmax;
pub use architecture::ModuleKind;
pub use compare::{CompareOptions, CompareReport, ComparedBytes, ComparedTensor, compare};
pub use control::{Control, Event, Progress};
pub use dequantize::{DequantizeOptions, DequantizeReport, dequantize};
pub use error::{Error, HeaderError, RaggedWeight, Result, WeightError};
pub use inspect::{
    DtypeTotals, Group, GroupArguments, InspectOptions, InspectReport, InspectedTensor,
    Quantization, Statistics, Totals, inspect,
};
pub use quantize::{
    Outcome, QuantizeOptions, QuantizeReport, WorstTensor, plan_quantize, quantize,
};
pub use report::{ErrorNumbers, LeftOut, Reason, TensorReport, Warning, WrittenFile};
pub use scheme::{
    Choices, Clip, Experts, Granularity, InvalidOption, ModulePattern, OnRagged, OnUnloadable,
    Override, SchemeName, WeightScheme,
};
pub use sweep::{
    Candidate, Grid, Mapping, SchemeNumbers, SweepOptions, SweepReport, SweptTensor,
    WeightHistogram, sweep,
};
