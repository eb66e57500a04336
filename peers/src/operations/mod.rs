//! The operations, and who takes part in each.

mod abs_max;
mod dequantize;
mod quantize;
mod quantize_with;
mod run;

pub(crate) use run::{ABSMAX, ABSMAX_AVX2, Operation, PLAIN, ROW, RTEN, VDIVPS_256, VDIVPS_512};
