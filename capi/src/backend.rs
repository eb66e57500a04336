//! The handle of a backend: a plain number, which is looked at in every call.

use core::ffi::{CStr, c_char};

use absmax::{Backend, Isa};

use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::memory::{Memory, put};

/// `absmax_backend`: a tag and the number of an instruction set.
pub type AbsmaxBackend = u32;

/// The upper bits of a handle. A number that was not meant to be one does not have them.
const TAG: u32 = 0xab5a_0000;

/// The instruction sets, at the places that handles give them, with their names.
const ISAS: [(Isa, &CStr); 4] = [
    (Isa::Portable, c"portable"),
    (Isa::Avx2, c"avx2"),
    (Isa::Avx512, c"avx512"),
    (Isa::Neon, c"neon"),
];

/// The handle of an instruction set.
fn handle(isa: Isa) -> AbsmaxBackend {
    let place = ISAS.iter().position(|(other, _)| *other == isa);
    place.map_or(0, |place| TAG | (place as u32 + 1))
}

/// The backend of a handle, and the name of its instruction set. The CPU is asked again, which costs
/// some loads.
fn known(handle: AbsmaxBackend) -> Option<(Backend, &'static CStr)> {
    let place = (handle ^ TAG).checked_sub(1)?;
    let (isa, name) = ISAS.get(usize::try_from(place).ok()?)?;
    Some((Backend::new(*isa).ok()?.with_threads(1), name))
}

/// The backend of a handle.
pub(crate) fn backend(handle: AbsmaxBackend) -> Checked<Backend> {
    known(handle).map(|known| known.0).ok_or(Fault {
        found: handle.into(),
        ..Fault::new(ABSMAX_ERROR_BACKEND, ABSMAX_ARG_BACKEND)
    })
}

/// `absmax_detect`.
#[unsafe(no_mangle)]
pub extern "C" fn absmax_detect() -> AbsmaxBackend {
    handle(Backend::best().isa())
}

/// `absmax_backend_named`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_backend_named(
    name: *const c_char,
    backend: *mut AbsmaxBackend,
) -> AbsmaxStatus {
    let named = || -> Checked {
        let place = Memory::of(backend, 1, ABSMAX_ARG_RESULT)?;
        // SAFETY: the place is not null and aligned; it is the caller's to be written.
        unsafe { put(place, 0) };
        // SAFETY: the caller vouches for the string.
        let isa: Isa = unsafe { text(name) }?.parse()?;
        let found = handle(Backend::new(isa)?.isa());
        // SAFETY: as above.
        unsafe { put(place, found) };
        Ok(())
    };
    named().map_or_else(|fault| fault.status, |()| ABSMAX_OK)
}

/// `absmax_isa`.
#[unsafe(no_mangle)]
pub extern "C" fn absmax_isa(backend: AbsmaxBackend) -> *const c_char {
    known(backend).map_or(core::ptr::null(), |known| known.1.as_ptr())
}

/// A name that C hands over. Whatever is no UTF-8 names nothing.
///
/// # Safety
///
/// `name` is null, or a string that ends with a null byte and lives during the call.
pub(crate) unsafe fn text<'a>(name: *const c_char) -> Checked<&'a str> {
    if name.is_null() {
        return Err(Fault::new(ABSMAX_ERROR_NULL, ABSMAX_ARG_NAME));
    }
    // SAFETY: the caller vouches for the string, which is not null.
    Ok(unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default())
}
