//! What functions return, and the struct that says more.

use core::ffi::c_char;

use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::structs::{AbsmaxError, get};

/// `absmax_status_text`.
#[unsafe(no_mangle)]
pub extern "C" fn absmax_status_text(status: AbsmaxStatus) -> *const c_char {
    text(status).as_ptr()
}

/// Runs a function and says how it went. If it was refused, and `error` is not null, the numbers are
/// written there.
///
/// # Safety
///
/// `error` is null or points to an `absmax_error` of the caller.
pub(crate) unsafe fn answer(
    error: *mut AbsmaxError,
    run: impl FnOnce() -> Checked,
) -> AbsmaxStatus {
    if error.is_null() {
        return run().map_or_else(|fault| fault.status, |()| ABSMAX_OK);
    }
    // SAFETY: the caller vouches for the pointer.
    if let Err(fault) = unsafe { get(error) } {
        // Nothing is done where a fault could not be told.
        return fault.status;
    }
    let result = run();
    let Fault { status, argument, index, expected, found, value, least } =
        result.err().unwrap_or_default();
    let struct_size = size_of::<AbsmaxError>();
    let told = AbsmaxError { struct_size, status, argument, index, expected, found, value, least };
    // SAFETY: the struct has been read, and it is the caller's to be written.
    unsafe { error.write(told) };
    status
}
