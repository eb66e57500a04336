//! Other programs' arithmetic, wrong on purpose: everything is exact.

use absmax::{Arithmetic, Result, Scheme};

use super::quantize_tensor;
use crate::expected;
use crate::inputs::{Blocks, Byte, Input};

/// Quantizes as the control for this crate's own arithmetic does.
pub(crate) fn quantize_rows_by<T: Input, Q: Byte>(
    x: &[T],
    shape: [usize; 2],
    scheme: Scheme,
    (q, scales, zero_points): (&mut [Q], &mut [f32], &mut [i32]),
) -> Result<()> {
    quantize_tensor(x, &shape, scheme, q, scales, zero_points)
}

/// Makes blocks exactly.
pub(crate) fn blocks<T: Input>(x: &[T], blocks: Blocks, bytes: &mut [u8]) -> Result<()> {
    bytes.copy_from_slice(&expected::blocks(x, blocks, Arithmetic::exact())?);
    Ok(())
}
