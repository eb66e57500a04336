//! The number of elements of a shape.

use crate::{Error, Result};

/// The product of the dimensions. A zero makes it zero however large the others are.
pub(crate) fn elements(shape: &[usize]) -> Result<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or(Error::SizeOverflow)
}
