//! The entry points of the operations, compiled here for every element type.
//!
//! A generic function is compiled by each crate that calls it, and a kernel is compiled once more
//! for every instruction set. The functions here are not generic, so they are compiled once, in
//! this crate. Each of them enters the default floating-point environment, unless it computes
//! nothing but integers, and restores the caller's when it returns.

use core::hint::black_box;

use half::{bf16, f16};

use crate::drive::{
    By, Groups, Sets, abs_max, dequantize, dequantize_sets, error_sums, fake_quantize,
    fake_quantize_in_place, limits, not_finite, quantize, quantize_groups, quantize_int8,
    quantize_padded, quantize_q8_0, quantize_q8_1, quantize_q8_k, quantize_sets, quantize_tiles,
};
use crate::environment::Environment;
use crate::kernel::{Dequantize, FakeQuantize, Quantize, Quantized, Sums, Traffic};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::{Arithmetic, Backend, Error, QuantParams, Result, Rows, RowsMut, Tiles};

macro_rules! compiled {
    ($(fn $name:ident($($arg:ident: $type:ty),+) -> $output:ty $({ $environment:expr })?;)+) => {
        /// The operations on values of one element type. Each calls the function of the same name
        /// in [`crate::drive`].
        pub trait Compiled: Sized {
            $(
                /// Calls the function of this name.
                fn $name($($arg: $type),+) -> $output;
            )+
        }

        compiled!(@for f32 $(fn $name($($arg: $type),+) -> $output $({ $environment })?;)+);
        compiled!(@for f16 $(fn $name($($arg: $type),+) -> $output $({ $environment })?;)+);
        compiled!(@for bf16 $(fn $name($($arg: $type),+) -> $output $({ $environment })?;)+);
    };
    (@for $element:ident $(
        fn $name:ident($($arg:ident: $type:ty),+) -> $output:ty $({ $environment:expr })?;
    )+) => {
        impl Compiled for $element {
            $(
                fn $name($($arg: $type),+) -> $output {
                    let _environment = compiled!(@enter $($environment)?);
                    let output = $name($($arg),+);
                    // The output is in memory before the caller's environment is back. It is not
                    // passed through `black_box`, which would copy it twice.
                    black_box(&output);
                    output
                }
            )+
        }
    };
    (@enter) => { Environment::enter() };
    (@enter $environment:expr) => { $environment };
}

compiled! {
    // Magnitudes are compared as integers, whatever the environment. Widening the largest one of a
    // type that is not f32 is left to the CPU.
    fn abs_max(backend: Backend, x: &[Self]) -> f32 {
        (size_of::<Self>() < 4).then(Environment::enter)
    };
    fn limits(backend: Backend, x: &[Self], symmetric: bool) -> Limits;
    fn not_finite(x: &[Self]) -> Error;
    fn quantize(backend: Backend, all: Quantize<'_, Self>) -> i32;
    fn dequantize(backend: Backend, all: Dequantize<'_, Self>) -> ();
    fn fake_quantize(backend: Backend, all: FakeQuantize<'_, Self>) -> ();
    fn fake_quantize_in_place(backend: Backend, x: &mut [Self], params: QuantParams) -> ();
    fn quantize_int8(backend: Backend, x: &[Self], q: &mut [i8]) -> Result<f32>;
    fn quantize_groups(backend: Backend, groups: Groups<'_, '_, Self>) -> Result<()>;
    fn quantize_sets(
        backend: Backend, sets: Sets, x: Rows<'_, Self>, recipe: Recipe<'_>, traffic: Traffic,
        to: &mut Outputs<'_>
    ) -> Result<()>;
    fn quantize_padded(
        backend: Backend, x: Rows<'_, Self>, by: By<'_>, to: &mut Outputs<'_>
    ) -> Result<()>;
    fn quantize_tiles(
        backend: Backend, tiles: Tiles, x: Rows<'_, Self>, by: By<'_>, to: &mut Outputs<'_>
    ) -> Result<()>;
    fn quantize_q8_0(
        backend: Backend, arithmetic: &Arithmetic, x: Rows<'_, Self>, to: RowsMut<'_, [u8; 34]>
    ) -> Result<()>;
    fn quantize_q8_1(
        backend: Backend, arithmetic: &Arithmetic, x: Rows<'_, Self>, to: RowsMut<'_, [u8; 36]>
    ) -> Result<()>;
    fn quantize_q8_k(
        backend: Backend, arithmetic: &Arithmetic, x: Rows<'_, Self>, to: RowsMut<'_, [u8; 292]>
    ) -> Result<()>;
    fn dequantize_sets(
        backend: Backend, sets: Sets, from: Quantized<'_>, x: RowsMut<'_, Self>
    ) -> ();
    fn error_sums(backend: Backend, x: &[Self], y: &[f32]) -> Sums;
}
