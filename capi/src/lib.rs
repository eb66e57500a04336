//! The C interface of absmax. [`include/absmax.h`](../include/absmax.h) documents every function,
//! and `README.md` beside it shows how to use them.
//!
//! This crate checks what C hands over and calls the functions of [`absmax`], so the bits are
//! theirs. It allocates nothing, starts no thread and keeps nothing between calls. Where the
//! functions of `absmax` would allocate, the caller's scratch memory is used.
//!
//! - No pointer is used before it is checked: src/memory.rs is the one way from pointers to slices.
//! - No number from C becomes an `enum` unchecked: src/codes.rs has them as plain numbers.
//! - A panic cannot cross: a function that is `extern "C"` aborts the process if one would leave it.
//!   The profile `capi` aborts where a panic starts. None is known to happen.

// Whoever calls a function of a C interface is trusted with its pointers. Each use of one stands
// in a block with its reason.
#![allow(unsafe_code)]
// absmax.h says what callers owe, once for all functions.
#![allow(clippy::missing_safety_doc)]

pub mod backend;
pub mod blocks;
pub mod codes;
mod columns;
pub mod dequantize;
mod fault;
mod job;
mod matrix;
mod memory;
mod outputs;
pub mod packing;
pub mod parallel;
pub mod quantize;
pub mod scheme;
pub mod slices;
pub mod status;
pub mod structs;
mod tiled;
pub mod tiles;
mod types;
mod untiled;
pub mod version;

// The types of absmax.h.
pub use backend::AbsmaxBackend;
pub use codes::AbsmaxStatus;
pub use parallel::{AbsmaxParallelFor, AbsmaxTask};
pub use structs::{
    AbsmaxError, AbsmaxOutputs, AbsmaxParams, AbsmaxRows, AbsmaxRowsMut, AbsmaxScheme,
};
