//! Integers narrower than a byte.

use core::ffi::c_void;

use absmax::Packing;

use crate::backend::{AbsmaxBackend, backend};
use crate::codes::*;
use crate::fault::{Checked, Fault, same_length};
use crate::matrix::Matrix;
use crate::memory::{Memory, apart, put};
use crate::status::answer;
use crate::structs::AbsmaxError;
use crate::types::{Int, with_byte};

/// The packing of so many bits in a layout.
fn packing(bits: u32, layout: u32) -> Checked<Packing> {
    let narrow = u8::try_from(bits).unwrap_or(u8::MAX);
    let packing = match layout {
        ABSMAX_BYTES => Packing::bytes(narrow),
        ABSMAX_WORDS => Packing::words(narrow),
        code => return Err(Fault::code(ABSMAX_ARG_PACKED, code)),
    };
    packing.map_err(|error| Fault {
        argument: ABSMAX_ARG_PACKED,
        found: bits.into(),
        ..Fault::from(error)
    })
}

/// `absmax_packed_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_packed_size(
    bits: u32,
    layout: u32,
    rows: usize,
    row_len: usize,
    size: *mut usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let measure = || -> Checked {
        let place = Memory::of(size, 1, ABSMAX_ARG_RESULT)?;
        let bytes = packing(bits, layout)?.len(rows, row_len)?;
        // SAFETY: the place is not null and aligned; it is the caller's to be written.
        unsafe { put(place, bytes) };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, measure) }
}

/// Checked integers and the bytes that they are packed to.
struct Packed {
    packing: Packing,
    unsigned: bool,
    q: Memory,
    packed: Memory,
}

impl Packed {
    fn new(
        q: (u32, *const c_void),
        [rows, row_len]: [usize; 2],
        packing: Packing,
        packed: (*const u8, usize),
    ) -> Checked<Self> {
        let unsigned = Int::byte(q.0, ABSMAX_ARG_Q)?;
        let q = Matrix::new(q.1, 1, [rows, row_len, row_len], ABSMAX_ARG_Q)?.memory();
        same_length(ABSMAX_ARG_PACKED, packing.len(rows, row_len)?, packed.1)?;
        let packed = Memory::of(packed.0, packed.1, ABSMAX_ARG_PACKED)?;
        Ok(Self { packing, unsigned, q, packed })
    }
}

/// `absmax_pack`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_pack(
    backend: AbsmaxBackend,
    q_type: u32,
    q: *const c_void,
    rows: usize,
    row_len: usize,
    bits: u32,
    layout: u32,
    packed: *mut u8,
    packed_size: usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let pack = || -> Checked {
        let backend = self::backend(backend)?;
        let packing = packing(bits, layout)?;
        let to = (packed.cast_const(), packed_size);
        let all = Packed::new((q_type, q), [rows, row_len], packing, to)?;
        apart(&[all.packed], &[all.q])?;
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        with_byte!(all.unsigned, Q => unsafe {
            let (q, packed) = (all.q.slice::<Q>(), all.packed.slice_mut());
            backend.pack_into(q, row_len, all.packing, packed)?;
        });
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, pack) }
}

/// `absmax_unpack`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_unpack(
    backend: AbsmaxBackend,
    bits: u32,
    layout: u32,
    packed: *const u8,
    packed_size: usize,
    q_type: u32,
    q: *mut c_void,
    rows: usize,
    row_len: usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let unpack = || -> Checked {
        let backend = self::backend(backend)?;
        let packing = packing(bits, layout)?;
        let from = (packed, packed_size);
        let all = Packed::new((q_type, q.cast_const()), [rows, row_len], packing, from)?;
        apart(&[all.q], &[all.packed])?;
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        with_byte!(all.unsigned, Q => unsafe {
            let (packed, q) = (all.packed.slice(), all.q.slice_mut::<Q>());
            backend.unpack_into(packed, row_len, all.packing, q)?;
        });
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, unpack) }
}
