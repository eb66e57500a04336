//! Quantization kernels that are exact to the bit on every CPU.
//!
//! Symmetric int8 turns floating-point values into small integers and one scale:
//!
//! ```text
//! scale = max|x| / 127        q = clamp(round_half_even(x / scale), -127, 127)        x' = q * scale
//! ```
//!
//! ```
//! let (q, scale) = absmax::quantize(&[1.0, -1.0, 0.5, -0.5])?;
//! assert_eq!(q, [127, -127, 64, -64]);
//!
//! let mut x = [0.0; 4];
//! absmax::dequantize_into(&q, absmax::QuantParams::symmetric(scale)?, &mut x)?;
//! assert_eq!(x, [1.0, -1.0, 0.503937, -0.503937]);
//! # Ok::<(), absmax::Error>(())
//! ```
//!
//! # The promise
//!
//! Every function returns the bits that [`reference`](mod@reference) returns: on every instruction
//! set, at every length and alignment, and on any number of threads. Values are divided by their
//! scale. (Libraries that multiply by 1 / scale round some values to the neighbouring integer.)
//! Ties go to even, infinities saturate, and NaN has one meaning. [`division`] explains how an
//! exact division has the price of a multiplication, and proves it.
//!
//! # Finding the way
//!
//! - [`Backend`] says which instruction set runs, and on how many threads. Everything that runs on
//!   a backend is a method of it. Nothing is global, and no environment variable is read. Functions
//!   without a backend use [`Backend::best`].
//! - Slices: [`quantize`], [`quantize_into`], [`quantize_with_into`], [`dequantize_into`],
//!   [`fake_quantize_into`], [`fake_quantize_in_place`], [`abs_max`], [`min_max`]. All but the
//!   first are also methods of [`Backend`].
//! - Matrices: [`Backend::quantize_rows`], [`Backend::quantize_rows_with`],
//!   [`Backend::dequantize_rows`]. A [`Scheme`] says what to quantize to. [`Rows`] and [`RowsMut`]
//!   say where the rows are, and there may be gaps between them. [`QuantizedMut`] says what is
//!   written: integers, in rows that may be padded, and for each set its scale, its zero point and
//!   the sum of its integers. [`Params`] says which parameters are given.
//! - Tensors of any shape: [`Backend::quantize_tensor`], which takes a [`TensorView`].
//! - Integers narrower than a byte: [`Backend::pack_into`] and [`Backend::unpack_into`].
//! - [`Observer`] finds parameters from the values that a tensor takes, batch by batch.
//!   [`Histogram`] says where those values are, and where to clip them.
//! - [`ErrorStats`] says how large the error of the quantization is.
//! - [`Arithmetic`] says how other programs compute, by name. [`Backend::by`] quantizes by it, with
//!   the bits of its own [reference](reference::quantize_group).
//!
//! A set is the values that share a scale. The crate quantizes; it does not multiply matrices. Its
//! folder `examples` has programs that do what an engine does: they quantize activations per token
//! while a model runs, activations by given parameters, the weights of a safetensors file for an
//! int8 product, and both operands of a product of u8 by i8. One more computes as another program
//! does.
//!
//! # Buffers
//!
//! Four rules hold for every operation:
//!
//! - **Overlap.** Inputs and outputs are borrowed, so an output overlaps nothing else. An operation
//!   that writes where it reads says so in its name: `fake_quantize_in_place`.
//! - **Alignment.** Buffers need no alignment beyond that of their type.
//! - **Zero length.** An operation on no values succeeds. A scale that is computed from no values
//!   is 1, and the zero point is that of values that are all zero.
//! - **Errors.** Lengths, types and given parameters are checked before anything is written. A
//!   value that is not finite, or a scale that overflows, is found while the values are read: after
//!   [`Error::NotFinite`] and [`Error::ScaleOverflow`], the outputs hold initialised values that
//!   mean nothing.
//!
//! # Environment
//!
//! The floating-point environment of the caller does not matter. The caller may flush subnormals,
//! round in another direction or let exceptions trap. The bits are those of the default
//! environment, on the caller's thread and on every other. Afterwards the environment is what it
//! was, except that the flags that tell which exceptions have happened may be set. This holds on
//! x86, x86-64 and aarch64.
//!
//! The feature `rayon` (default) divides large tensors among the threads of the current rayon pool.
//! The feature `std` (default) asks the CPU at run time what it can do. The feature `serde` makes
//! schemes and observers serializable, and checks them when they are read. Without `rayon` and
//! `std`, the crate is `no_std` with `alloc`, and uses the instruction sets that the build target
//! promises.

#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod arithmetic;
mod backend;
mod by_arithmetic;
mod choose;
mod choose_by;
mod dispatch;
pub mod division;
mod drive;
mod element;
mod environment;
mod error;
mod fit;
mod integer;
mod interleave;
mod isa;
mod kernel;
mod limits;
mod matrix;
mod metrics;
mod observer;
mod observer_kind;
mod packing;
mod params;
mod quantized_mut;
mod recipe;
mod reciprocal;
pub mod reference;
mod rows;
mod scale_type;
mod scheme;
mod set_outputs;
mod set_params;
mod shape;
mod simd;
mod slice;
mod stored;
mod tensor;
mod tiles;

pub use arithmetic::Arithmetic;
pub use backend::Backend;
pub use by_arithmetic::ByArithmetic;
pub use element::Element;
pub use environment::in_default_environment;
pub use error::{Error, Result};
pub use integer::Integer;
pub use isa::Isa;
pub use metrics::ErrorStats;
pub use observer::{Bin, Histogram, Observer};
pub use observer_kind::ObserverKind;
pub use packing::Packing;
pub use params::QuantParams;
pub use quantized_mut::QuantizedMut;
pub use rows::{Rows, RowsMut};
pub use scale_type::ScaleType;
pub use scheme::{Granularity, Mapping, Range, Scheme};
pub use set_params::Params;
pub use slice::{
    abs_max, dequantize_into, fake_quantize_in_place, fake_quantize_into, min_max, quantize,
    quantize_into, quantize_with_into,
};
pub use stored::{StoredScale, StoredZeroPoint};
pub use tensor::{Integers, QuantizedTensor, TensorView};
pub use tiles::Tiles;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
