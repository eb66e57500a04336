//! Which library this is.

use core::ffi::{CStr, c_char};

use crate::codes::*;

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// `absmax_version`.
#[unsafe(no_mangle)]
pub extern "C" fn absmax_version() -> *const c_char {
    VERSION.as_ptr()
}

/// `absmax_abi`.
#[unsafe(no_mangle)]
pub extern "C" fn absmax_abi() -> u32 {
    ABSMAX_ABI
}

/// `absmax_numerics`.
#[unsafe(no_mangle)]
pub extern "C" fn absmax_numerics() -> u32 {
    ABSMAX_NUMERICS
}
