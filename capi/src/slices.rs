//! Operations on values that share one scale.

use core::ffi::c_void;

use absmax::QuantParams;

use crate::backend::{AbsmaxBackend, backend};
use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::memory::{Memory, apart, put};
use crate::status::answer;
use crate::structs::AbsmaxError;
use crate::types::{Float, Int, with_byte, with_float};

/// The values of a type.
fn values<T>(first: *const T, type_: u32, len: usize, argument: u32) -> Checked<(Memory, Float)> {
    let float = Float::new(type_, argument)?;
    Ok((Memory::new(first, float.size(), len, argument)?, float))
}

/// The integers of a type, and whether it is unsigned.
fn integers<T>(first: *const T, type_: u32, len: usize) -> Checked<(Memory, bool)> {
    let unsigned = Int::byte(type_, ABSMAX_ARG_Q)?;
    Ok((Memory::new(first, 1, len, ABSMAX_ARG_Q)?, unsigned))
}

/// `absmax_abs_max`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_abs_max(
    backend: AbsmaxBackend,
    type_: u32,
    x: *const c_void,
    len: usize,
    abs_max: *mut f32,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let find = || -> Checked {
        let backend = self::backend(backend)?;
        let (x, float) = values(x, type_, len, ABSMAX_ARG_X)?;
        let place = Memory::of(abs_max, 1, ABSMAX_ARG_RESULT)?;
        // SAFETY: the caller vouches for the memory; the place is not null and aligned.
        let found = with_float!(float, T => backend.abs_max(unsafe { x.slice::<T>() }));
        // SAFETY: as above.
        unsafe { put(place, found) };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, find) }
}

/// `absmax_min_max`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_min_max(
    backend: AbsmaxBackend,
    type_: u32,
    x: *const c_void,
    len: usize,
    min: *mut f32,
    max: *mut f32,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let find = || -> Checked {
        let backend = self::backend(backend)?;
        let (x, float) = values(x, type_, len, ABSMAX_ARG_X)?;
        let places = [min, max].map(|place| Memory::of(place, 1, ABSMAX_ARG_RESULT));
        let [min, max] = places;
        let (min, max) = (min?, max?);
        // SAFETY: the caller vouches for the memory.
        let found = with_float!(float, T => backend.min_max(unsafe { x.slice::<T>() }));
        let found = found.ok_or(Fault::new(ABSMAX_ERROR_EMPTY, ABSMAX_ARG_X))?;
        // SAFETY: the places are not null and aligned; they are the caller's to be written.
        unsafe {
            put(min, found.0);
            put(max, found.1);
        }
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, find) }
}

/// `absmax_quantize_int8`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_int8(
    backend: AbsmaxBackend,
    type_: u32,
    x: *const c_void,
    len: usize,
    q: *mut i8,
    scale: *mut f32,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let quantize = || -> Checked {
        let backend = self::backend(backend)?;
        let (x, float) = values(x, type_, len, ABSMAX_ARG_X)?;
        let q = Memory::of(q, len, ABSMAX_ARG_Q)?;
        let place = Memory::of(scale, 1, ABSMAX_ARG_SCALES)?;
        apart(&[q, place], &[x])?;
        // SAFETY: the caller vouches for the memory, and the outputs overlap nothing.
        let scale = with_float!(float, T => unsafe {
            backend.quantize_into(x.slice::<T>(), q.slice_mut())?
        });
        // SAFETY: the place is not null and aligned; it is the caller's to be written.
        unsafe { put(place, scale) };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, quantize) }
}

/// `absmax_quantize_with`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_with(
    backend: AbsmaxBackend,
    type_: u32,
    x: *const c_void,
    len: usize,
    scale: f32,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
    q_type: u32,
    q: *mut c_void,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let quantize = || -> Checked {
        let backend = self::backend(backend)?;
        let (x, float) = values(x, type_, len, ABSMAX_ARG_X)?;
        let (q, unsigned) = integers(q, q_type, len)?;
        apart(&[q], &[x])?;
        let params = QuantParams::new(scale, zero_point, qmin..=qmax)?;
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        with_float!(float, T => with_byte!(unsigned, Q => unsafe {
            backend.quantize_with_into(x.slice::<T>(), params, q.slice_mut::<Q>())?;
        }));
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, quantize) }
}

/// `absmax_dequantize`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_dequantize(
    backend: AbsmaxBackend,
    q_type: u32,
    q: *const c_void,
    len: usize,
    scale: f32,
    zero_point: i32,
    type_: u32,
    y: *mut c_void,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let dequantize = || -> Checked {
        let backend = self::backend(backend)?;
        let (q, unsigned) = integers(q, q_type, len)?;
        let (y, float) = values(y, type_, len, ABSMAX_ARG_Y)?;
        apart(&[y], &[q])?;
        let range = if unsigned { 0..=255 } else { -128..=127 };
        let params = QuantParams::new(scale, zero_point, range)?;
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        with_float!(float, T => with_byte!(unsigned, Q => unsafe {
            backend.dequantize_into(q.slice::<Q>(), params, y.slice_mut::<T>())?;
        }));
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, dequantize) }
}

/// `absmax_fake_quantize`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_fake_quantize(
    backend: AbsmaxBackend,
    type_: u32,
    x: *const c_void,
    len: usize,
    scale: f32,
    zero_point: i32,
    qmin: i32,
    qmax: i32,
    y: *mut c_void,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let fake = || -> Checked {
        let backend = self::backend(backend)?;
        let (x, float) = values(x, type_, len, ABSMAX_ARG_X)?;
        let (y, _) = values(y, type_, len, ABSMAX_ARG_Y)?;
        let in_place = x.is(y);
        if !in_place {
            apart(&[y], &[x])?;
        }
        let params = QuantParams::new(scale, zero_point, qmin..=qmax)?;
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing but the values
        // that it replaces, which are not borrowed then.
        with_float!(float, T => unsafe {
            let y = y.slice_mut::<T>();
            if in_place {
                backend.fake_quantize_in_place(y, params);
            } else {
                backend.fake_quantize_into(x.slice(), params, y)?;
            }
        });
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, fake) }
}
