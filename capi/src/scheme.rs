//! What to quantize to, as C says it.

use core::ffi::c_char;

use absmax::{Arithmetic, Granularity, Range, Scheme};

use crate::backend::text;
use crate::codes::*;
use crate::fault::{Checked, Fault};
use crate::memory::{Memory, put};
use crate::status::answer;
use crate::structs::{AbsmaxError, AbsmaxScheme, get, unused};
use crate::types::Float;

/// A scheme and an arithmetic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe {
    pub(crate) scheme: Scheme,
    pub(crate) arithmetic: Arithmetic,
}

/// The axis of the columns of a matrix.
const COLUMNS: isize = 1;

impl Recipe {
    /// The recipe that a struct of C describes.
    ///
    /// # Safety
    ///
    /// As for [`get`].
    pub(crate) unsafe fn read(from: *const AbsmaxScheme) -> Checked<Self> {
        // SAFETY: the caller vouches for the pointer.
        let from = unsafe { get(from) }?;
        unused(from.reserved, ABSMAX_ARG_SCHEME)?;
        let unknown = |code| Fault::code(ABSMAX_ARG_SCHEME, code);
        let bits = u8::try_from(from.bits).unwrap_or(u8::MAX);
        let scheme = Scheme::int8()
            .bits(bits)
            .map_err(|error| Fault { found: from.bits.into(), ..Fault::from(error) })?;
        let scheme = match from.mapping {
            ABSMAX_SYMMETRIC_NARROW => scheme.with_range(Range::Narrow),
            ABSMAX_SYMMETRIC_FULL => scheme.with_range(Range::Full),
            ABSMAX_AFFINE_SIGNED => scheme.affine(),
            ABSMAX_AFFINE_UNSIGNED => scheme.unsigned(),
            ABSMAX_OFFSET_NARROW => scheme.with_range(Range::Narrow).with_offset(),
            ABSMAX_OFFSET_FULL => scheme.with_range(Range::Full).with_offset(),
            code => return Err(unknown(code)),
        };
        if from.granularity != ABSMAX_PER_GROUP && from.group_size != 0 {
            return Err(Fault::new(ABSMAX_ERROR_GROUP_SIZE, ABSMAX_ARG_SCHEME));
        }
        let scheme = match from.granularity {
            ABSMAX_PER_TENSOR => scheme.per_tensor(),
            ABSMAX_PER_ROW => scheme.per_channel(0),
            ABSMAX_PER_COLUMN => scheme.per_channel(COLUMNS),
            ABSMAX_PER_GROUP => scheme.per_group(from.group_size)?,
            code => return Err(unknown(code)),
        };
        let scale_type = Float::new(from.scale_type, ABSMAX_ARG_SCHEME)?.scale_type();
        let arithmetic = arithmetic(from.arithmetic)?;
        let recipe = Self { scheme: scheme.with_scale_type(scale_type), arithmetic };
        if recipe.is_per_column() && arithmetic != Arithmetic::exact() {
            return Err(Fault::new(ABSMAX_ERROR_ARITHMETIC, ABSMAX_ARG_SCHEME));
        }
        Ok(recipe)
    }

    /// Whether there is a scale for each column.
    pub(crate) fn is_per_column(self) -> bool {
        self.scheme.granularity() == Granularity::PerChannel { axis: COLUMNS }
    }

    /// The number of sets of a row, where sets are rows or parts of them.
    pub(crate) fn sets_of_row(self, row_len: usize) -> Option<usize> {
        match self.scheme.granularity() {
            Granularity::PerChannel { axis: 0 } => Some(1),
            Granularity::PerGroup { size } => Some(row_len.div_ceil(size.get())),
            _ => None,
        }
    }

    /// The number of sets of a matrix.
    pub(crate) fn sets(self, rows: usize, row_len: usize) -> Checked<usize> {
        Ok(self.scheme.scale_count(&[rows, row_len])?)
    }
}

/// The presets, at the places that the codes give them, from 1 on.
const PRESETS: [Arithmetic; 11] = [
    Arithmetic::exact(),
    Arithmetic::onnx(),
    Arithmetic::torch(),
    Arithmetic::torchao(),
    Arithmetic::compressed_tensors(),
    Arithmetic::bitsandbytes(),
    Arithmetic::ggml(),
    Arithmetic::ggml_x86(),
    Arithmetic::candle(),
    Arithmetic::xnnpack(),
    Arithmetic::kleidiai(),
];

/// The arithmetic of a code.
pub(crate) fn arithmetic(code: u32) -> Checked<Arithmetic> {
    let place = usize::try_from(code).ok().and_then(|code| code.checked_sub(1));
    let preset = place.and_then(|place| PRESETS.get(place));
    preset.copied().ok_or(Fault::code(ABSMAX_ARG_SCHEME, code))
}

/// `absmax_arithmetic_named`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_arithmetic_named(
    name: *const c_char,
    arithmetic: *mut u32,
) -> AbsmaxStatus {
    let named = || -> Checked {
        let place = Memory::of(arithmetic, 1, ABSMAX_ARG_RESULT)?;
        // SAFETY: the place is not null and aligned; it is the caller's to be written.
        unsafe { put(place, 0u32) };
        // SAFETY: the caller vouches for the string.
        let wanted = Arithmetic::by_name(unsafe { text(name) }?);
        let code = (1..).zip(PRESETS).find(|(_, preset)| Some(*preset) == wanted);
        let (code, _) = code.ok_or(Fault::new(ABSMAX_ERROR_CODE, ABSMAX_ARG_NAME))?;
        // SAFETY: as above.
        unsafe { put::<u32>(place, code) };
        Ok(())
    };
    named().map_or_else(|fault| fault.status, |()| ABSMAX_OK)
}

/// `absmax_scale_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_scale_count(
    scheme: *const AbsmaxScheme,
    rows: usize,
    row_len: usize,
    count: *mut usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let count_sets = || -> Checked {
        let place = Memory::of(count, 1, ABSMAX_ARG_RESULT)?;
        // SAFETY: the caller vouches for the pointers; the place is not null and aligned.
        unsafe { put(place, Recipe::read(scheme)?.sets(rows, row_len)?) };
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, count_sets) }
}

/// `absmax_scheme_params`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_scheme_params(
    scheme: *const AbsmaxScheme,
    min: f32,
    max: f32,
    scale: *mut f32,
    zero_point: *mut i32,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let choose = || -> Checked {
        let scale = Memory::of(scale, 1, ABSMAX_ARG_RESULT)?;
        let zero_point = Memory::of(zero_point, 1, ABSMAX_ARG_RESULT)?;
        // SAFETY: the caller vouches for the pointer.
        let recipe = unsafe { Recipe::read(scheme) }?;
        if recipe.arithmetic != Arithmetic::exact() {
            return Err(Fault::new(ABSMAX_ERROR_ARITHMETIC, ABSMAX_ARG_SCHEME));
        }
        let params = recipe.scheme.params(min, max)?;
        // SAFETY: the places are not null and aligned; they are the caller's to be written.
        unsafe {
            put(scale, params.scale());
            put(zero_point, params.zero_point());
        }
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, choose) }
}
