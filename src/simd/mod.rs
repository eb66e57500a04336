//! The sixteen-lane vocabulary that every instruction set offers to every kernel.

#[macro_use]
mod token;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod environment;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod value;
mod vocabulary;

#[cfg(target_arch = "aarch64")]
pub(crate) use neon::Neon;
pub(crate) use portable::Portable;
pub(crate) use value::Value;
pub(crate) use vocabulary::{
    BLOCK, Kernel, LANES, NEARLY_HALF, Simd, UNSETTLED, Words, number, ordered,
};
#[cfg(target_arch = "x86_64")]
pub(crate) use {avx2::Avx2, avx512::Avx512};
