//! The blocks of ggml.

use core::ffi::c_void;

use absmax::{Arithmetic, Backend, ByArithmetic, Element, Rows, RowsMut};

use crate::backend::{AbsmaxBackend, backend};
use crate::codes::*;
use crate::fault::{Checked, Fault, same_length};
use crate::memory::{Memory, apart};
use crate::quantize::values;
use crate::scheme::arithmetic;
use crate::status::answer;
use crate::structs::{AbsmaxError, AbsmaxRows};
use crate::types::with_float;

/// A kind of block.
#[derive(Clone, Copy)]
enum Kind {
    Q8_0,
    Q8_1,
    Q8K,
}

impl Kind {
    fn new(code: u32) -> Checked<Self> {
        match code {
            ABSMAX_Q8_0 => Ok(Self::Q8_0),
            ABSMAX_Q8_1 => Ok(Self::Q8_1),
            ABSMAX_Q8_K => Ok(Self::Q8K),
            _ => Err(Fault::code(ABSMAX_ARG_BLOCKS, code)),
        }
    }

    /// The number of values of a block, and of its bytes.
    const fn sizes(self) -> (usize, usize) {
        match self {
            Self::Q8_0 => (32, 34),
            Self::Q8_1 => (32, 36),
            Self::Q8K => (256, 292),
        }
    }

    /// A block whose scale is NaN and whose integers are 0.
    fn fill_nan(self, block: &mut [u8]) {
        block.fill(0);
        match self {
            Self::Q8_0 => block[..2].copy_from_slice(&0x7e00u16.to_le_bytes()),
            Self::Q8_1 => block[..4].copy_from_slice(&0x7e00_7e00u32.to_le_bytes()),
            Self::Q8K => block[..4].copy_from_slice(&f32::NAN.to_le_bytes()),
        }
    }

    /// Quantizes rows to blocks without gaps.
    fn quantize<T: Element>(
        self,
        by: ByArithmetic,
        x: Rows<'_, T>,
        bytes: &mut [u8],
    ) -> absmax::Result<()> {
        let (rows, of_row) = (x.rows(), x.row_len() / self.sizes().0);
        match self {
            Self::Q8_0 => {
                let blocks = bytes.as_chunks_mut().0;
                by.quantize_q8_0(x, RowsMut::new(blocks, rows, of_row)?)
            }
            Self::Q8_1 => {
                let blocks = bytes.as_chunks_mut().0;
                by.quantize_q8_1(x, RowsMut::new(blocks, rows, of_row)?)
            }
            Self::Q8K => {
                let blocks = bytes.as_chunks_mut().0;
                by.quantize_q8_k(x, RowsMut::new(blocks, rows, of_row)?)
            }
        }
    }
}

/// `absmax_quantize_blocks`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_quantize_blocks(
    backend: AbsmaxBackend,
    arithmetic: u32,
    kind: u32,
    x: *const AbsmaxRows,
    blocks: *mut c_void,
    blocks_size: usize,
    error: *mut AbsmaxError,
) -> AbsmaxStatus {
    let quantize = || -> Checked {
        let by = self::backend(backend)?.by(self::arithmetic(arithmetic)?);
        let kind = Kind::new(kind)?;
        // SAFETY: the caller vouches for the pointer.
        let (x, float) = unsafe { values(x) }?;
        let (block, size) = kind.sizes();
        if !x.row_len().is_multiple_of(block) {
            let status = ABSMAX_ERROR_PARTIAL_BLOCK;
            return Err(Fault::unlike(status, ABSMAX_ARG_X, block, x.row_len()));
        }
        let overflow = Fault::new(ABSMAX_ERROR_SIZE_OVERFLOW, ABSMAX_ARG_BLOCKS);
        // Rows without values may be any number.
        let count = (x.row_len() / block).checked_mul(x.rows()).ok_or(overflow)?;
        let bytes = count.checked_mul(size).ok_or(overflow)?;
        same_length(ABSMAX_ARG_BLOCKS, bytes, blocks_size)?;
        let blocks = Memory::of(blocks.cast::<u8>(), bytes, ABSMAX_ARG_BLOCKS)?;
        apart(&[blocks], &[x.memory()])?;
        // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
        with_float!(float, T => unsafe {
            kind.quantize(by, x.get::<T>()?, blocks.slice_mut())?;
        });
        Ok(())
    };
    // SAFETY: the caller vouches for the pointer.
    unsafe { answer(error, quantize) }
}

/// Quantizes as a function of ggml's tables does, which has no way to refuse: whole blocks of `k`
/// values, where a block that has no answer gets one that is documented.
///
/// # Safety
///
/// `x` and `y` are the caller's as absmax.h says.
unsafe fn ggml(kind: Kind, x: *const f32, y: *mut c_void, k: i64) {
    let (block, size) = kind.sizes();
    let count = usize::try_from(k).unwrap_or(0) / block;
    let (Ok(x), Ok(y)) = (
        Memory::of(x, count.saturating_mul(block), ABSMAX_ARG_X),
        Memory::of(y.cast::<u8>(), count.saturating_mul(size), ABSMAX_ARG_BLOCKS),
    ) else {
        return;
    };
    if apart(&[y], &[x]).is_err() {
        return;
    }
    let by = Backend::best().with_threads(1).by(Arithmetic::ggml());
    // SAFETY: the caller vouches for the memory, and the output overlaps nothing.
    let (x, y) = unsafe { (x.slice::<f32>(), y.slice_mut::<u8>()) };
    let quantize = |x: &[f32], y: &mut [u8]| kind.quantize(by, Rows::new(x, 1, x.len())?, y);
    if quantize(x, y).is_ok() {
        return;
    }
    // Seldom: each block by itself.
    for (x, y) in x.chunks_exact(block).zip(y.chunks_exact_mut(size)) {
        match quantize(x, y) {
            Ok(()) => {}
            // A scale that is 0 in f16, by which every integer stands for 0.
            Err(absmax::Error::ScaleUnderflow { .. }) => y.fill(0),
            Err(_) => kind.fill_nan(y),
        }
    }
}

/// `absmax_ggml_q8_0`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_ggml_q8_0(x: *const f32, y: *mut c_void, k: i64) {
    // SAFETY: the caller vouches for the memory.
    unsafe { ggml(Kind::Q8_0, x, y, k) };
}

/// `absmax_ggml_q8_1`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_ggml_q8_1(x: *const f32, y: *mut c_void, k: i64) {
    // SAFETY: the caller vouches for the memory.
    unsafe { ggml(Kind::Q8_1, x, y, k) };
}

/// `absmax_ggml_q8_k`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn absmax_ggml_q8_k(x: *const f32, y: *mut c_void, k: i64) {
    // SAFETY: the caller vouches for the memory.
    unsafe { ggml(Kind::Q8K, x, y, k) };
}
