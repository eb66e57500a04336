//! The operations, and who takes part in each.

mod abs_max;
mod affine;
mod dequantize;
mod quantize;
mod quantize_with;
mod run;
mod schemes;

pub(crate) use run::{
    ABSMAX, ABSMAX_AVX2, INT8, Operation, PLAIN, Q8_0, ROW, ROWS, RTEN, VDIVPS_256, VDIVPS_512,
    WIDE,
};
