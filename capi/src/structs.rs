//! The structs of absmax.h. Each begins with its size, so that it may grow.

use core::ffi::c_void;

use crate::codes::*;
use crate::fault::{Checked, Fault};

/// Declares structs whose first field is their size.
macro_rules! structs {
    ($($(#[$doc:meta])* struct $name:ident, $argument:expr; { $($field:ident: $type:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[repr(C)]
            #[derive(Clone, Copy, Debug)]
            pub struct $name {
                /// `sizeof` the struct, as the caller knows it.
                pub struct_size: usize,
                $(#[doc = "See absmax.h."] pub $field: $type,)+
            }

            impl Struct for $name {
                const ARGUMENT: u32 = $argument;
            }
        )+
    };
}

/// A struct of plain numbers and pointers that begins with its size.
pub(crate) trait Struct: Copy {
    /// The argument that it usually is.
    const ARGUMENT: u32;
}

structs! {
    /// `absmax_error`.
    struct AbsmaxError, ABSMAX_ARG_ERROR; {
        status: i32,
        argument: u32,
        index: usize,
        expected: i64,
        found: i64,
        value: f32,
        least: f32,
    }
    /// `absmax_scheme`.
    struct AbsmaxScheme, ABSMAX_ARG_SCHEME; {
        bits: u32,
        mapping: u32,
        granularity: u32,
        scale_type: u32,
        arithmetic: u32,
        reserved: u32,
        group_size: usize,
    }
    /// `absmax_rows`.
    struct AbsmaxRows, ABSMAX_ARG_X; {
        data: *const c_void,
        rows: usize,
        row_len: usize,
        row_stride: usize,
        type_: u32,
        reserved: u32,
    }
    /// `absmax_rows_mut`.
    struct AbsmaxRowsMut, ABSMAX_ARG_Y; {
        data: *mut c_void,
        rows: usize,
        row_len: usize,
        row_stride: usize,
        type_: u32,
        reserved: u32,
    }
    /// `absmax_params`.
    struct AbsmaxParams, ABSMAX_ARG_PARAMS; {
        scales: *const c_void,
        zero_points: *const c_void,
        sets: usize,
        scale_type: u32,
        zero_point_type: u32,
    }
    /// `absmax_outputs`.
    struct AbsmaxOutputs, ABSMAX_ARG_OUTPUTS; {
        q: *mut c_void,
        q_row_len: usize,
        q_row_stride: usize,
        scales: *mut c_void,
        zero_points: *mut c_void,
        sums: *mut i32,
        scaled_sums: *mut f32,
        sets: usize,
        scale_type: u32,
        zero_point_type: u32,
        tile_rows: usize,
        tile_columns: usize,
        scratch: *mut c_void,
        scratch_size: usize,
    }
}

/// Reads a struct whose size is the one that is known.
///
/// # Safety
///
/// `from` is null, or points to a struct of the caller that begins with its size.
pub(crate) unsafe fn read<S: Struct>(from: *const S, argument: u32) -> Checked<S> {
    if from.is_null() {
        return Err(Fault::new(ABSMAX_ERROR_NULL, argument));
    }
    if !from.is_aligned() {
        let past = from.addr() % align_of::<S>();
        return Err(Fault::unlike(ABSMAX_ERROR_ALIGNMENT, argument, align_of::<S>(), past));
    }
    // SAFETY: the pointer is not null and aligned, and a struct begins with its size.
    let size = unsafe { from.cast::<usize>().read() };
    if size != size_of::<S>() {
        return Err(Fault::unlike(ABSMAX_ERROR_STRUCT_SIZE, argument, size_of::<S>(), size));
    }
    // SAFETY: the struct is as large as this one, whose fields hold any bits.
    Ok(unsafe { from.read() })
}

/// Reads a struct as the argument that it usually is.
///
/// # Safety
///
/// As for [`read`].
pub(crate) unsafe fn get<S: Struct>(from: *const S) -> Checked<S> {
    // SAFETY: the caller vouches for the pointer.
    unsafe { read(from, S::ARGUMENT) }
}

/// Checks that a reserved field is 0, so that it can mean something one day.
pub(crate) fn unused(reserved: u32, argument: u32) -> Checked {
    if reserved == 0 {
        return Ok(());
    }
    Err(Fault { found: reserved.into(), ..Fault::new(ABSMAX_ERROR_RESERVED, argument) })
}
