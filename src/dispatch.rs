//! From a kernel and a backend to compiled code: one function for each kernel and element.
//!
//! A generic function is compiled by each crate that calls it, and a kernel many times over: for
//! every instruction set. These functions are not generic, so they are compiled once, in this crate.

use half::{bf16, f16};

use crate::Backend;
use crate::kernel::{
    AbsMax, ColumnLimits, Dequantize, DequantizeColumns, DequantizePlanes, DequantizeRows,
    ErrorSums, FakeQuantize, MinMax, PlaneLimits, Quantize, QuantizeColumns, QuantizeGroups,
    QuantizePlanes, QuantizeRows, Sums,
};
use crate::limits::Limits;

macro_rules! compiled {
    ($($name:ident($kernel:ident) -> $output:ty;)+) => {
        /// Runs kernels of one element on a backend.
        pub trait Compiled: Sized {
            $(
                /// Runs the kernel that is its argument.
                fn $name(backend: Backend, kernel: $kernel<'_, Self>) -> $output;
            )+
        }

        compiled!(@for f32 $($name($kernel) -> $output;)+);
        compiled!(@for f16 $($name($kernel) -> $output;)+);
        compiled!(@for bf16 $($name($kernel) -> $output;)+);
    };
    (@for $element:ident $($name:ident($kernel:ident) -> $output:ty;)+) => {
        impl Compiled for $element {
            $(
                fn $name(backend: Backend, kernel: $kernel<'_, Self>) -> $output {
                    backend.run(kernel)
                }
            )+
        }
    };
}

compiled! {
    abs_max(AbsMax) -> u32;
    min_max(MinMax) -> Limits;
    quantize(Quantize) -> ();
    quantize_rows(QuantizeRows) -> ();
    quantize_groups(QuantizeGroups) -> usize;
    plane_limits(PlaneLimits) -> ();
    quantize_planes(QuantizePlanes) -> ();
    column_limits(ColumnLimits) -> ();
    quantize_columns(QuantizeColumns) -> ();
    dequantize(Dequantize) -> ();
    dequantize_rows(DequantizeRows) -> ();
    dequantize_planes(DequantizePlanes) -> ();
    dequantize_columns(DequantizeColumns) -> ();
    fake_quantize(FakeQuantize) -> ();
    error_sums(ErrorSums) -> Sums;
}
