//! Models to quantize, the binary, and what it should have written.

mod binary;
mod expect;
mod model;
mod tensor;

pub(crate) use binary::{Run, absmax, absmax_and_leave, quantize, without_architecture};
pub(crate) use expect::{Granularity, expect_quantized, listing, read_file, read_model};
pub(crate) use model::Model;
pub(crate) use tensor::{Tensor, raw_file, safetensors_file};

/// Whether an emulator runs the tests: it takes long for everything.
pub(crate) fn is_emulated() -> bool {
    std::env::var_os("QEMU_CPU").is_some()
}
