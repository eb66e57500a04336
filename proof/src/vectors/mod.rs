//! The naive answers as JSON, for engines in other languages.
//!
//! A [`Topic`] is a file. It has a schema version, a version of the numerics, and cases, one a
//! line. Each case has what goes in and what has to come out. Floating-point numbers are written by
//! their bits, in hexadecimal, so that a reader compares bits and not decimals. `vectors/README.md`
//! says how to read them.
//!
//! Cases can also be read from a file. Each is then given to a backend, which has to return what is
//! written.
//!
//! ```
//! use absmax::Backend;
//! use absmax_proof::vectors;
//!
//! let topics = vectors::topics();
//! let limits = topics.iter().find(|topic| topic.name == "limits").unwrap();
//! let text = (limits.text)();
//! assert!(text.starts_with("{\"schema\":1,\"numerics\":1,\"topic\":\"limits\",\"cases\":[\n"));
//! for backend in Backend::available() {
//!     assert!((limits.replay)(&text, backend)? > 0);
//! }
//! # Ok::<(), vectors::Unlike>(())
//! ```

mod arithmetic;
mod blocks;
mod by;
mod conversions;
mod dequantize;
mod file;
mod hex;
mod limits;
mod names;
mod packing;
mod parameters;
mod refusal;
mod tensors;
mod topic;
mod values;

pub use file::{NUMERICS, SCHEMA, Unlike};
pub use topic::{Topic, topics, write};
