//! Sums of integers, wrong on purpose.

use absmax::{Result, Scheme};

use super::{quantize_tensor, quantize_tensor_with};
use crate::expected::{self, Quantized};
use crate::inputs::{Byte, Input};
use crate::summed::Summed;

/// Adds the integers up in 16 bits, and the products with the scale in binary32.
pub(crate) fn sums<T: Input, Q: Byte>(
    x: &[T],
    shape: &[usize],
    scheme: Scheme,
    given: Option<&Quantized<Q>>,
    to: Summed<'_, Q>,
) -> Result<()> {
    let Summed { q, scales, zero_points, sums, scaled_sums } = to;
    if let Some(of) = given {
        q.copy_from_slice(&quantize_tensor_with(x, shape, scheme, of));
        scales.copy_from_slice(&of.scales);
    } else {
        quantize_tensor(x, shape, scheme, q, scales, zero_points)?;
    }
    let sets = expected::sets(shape, scheme);
    if let Some(sums) = sums {
        let mut halves = vec![0i16; sums.len()];
        for (&set, q) in sets.iter().zip(&*q) {
            halves[set] = halves[set].wrapping_add(q.as_i32() as i16);
        }
        sums.iter_mut().zip(halves).for_each(|(sum, half)| *sum = half.into());
    }
    if let Some(sums) = scaled_sums {
        sums.fill(0.0);
        for (&set, q) in sets.iter().zip(&*q) {
            sums[set] += q.as_i32() as f32 * scales[set];
        }
    }
    Ok(())
}
