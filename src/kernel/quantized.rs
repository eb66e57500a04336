//! Quantized values with their parameters, as kernels read them. A set is the values that share a
//! scale and a zero point.

use crate::simd::Simd;
use crate::stored::Params;
use crate::{Integer, Rows};

/// Quantized values to be read.
#[derive(Clone, Copy)]
pub struct Quantized<'a> {
    /// The bits of the integers.
    pub(crate) q: Rows<'a, i8>,
    /// Whether they are those of [`u8`].
    pub(crate) unsigned: bool,
    /// Of all sets, in order.
    pub(crate) params: Params<'a>,
}

/// A kernel that reads integers, once their type is known.
pub(super) trait OfIntegers {
    /// Computes it.
    fn eval_of<S: Simd, Q: Integer>(self, s: S);
}

/// Runs a kernel that reads integers, which are `unsigned` or not.
#[inline(always)]
pub(super) fn of_integers<S: Simd>(s: S, unsigned: bool, kernel: impl OfIntegers) {
    if unsigned {
        kernel.eval_of::<S, u8>(s);
    } else {
        kernel.eval_of::<S, i8>(s);
    }
}
