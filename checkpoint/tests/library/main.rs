//! The library as other programs use it.

mod cancel;
mod common;
mod errors;
mod long_rows;
mod options;
mod progress;
mod slabs;
