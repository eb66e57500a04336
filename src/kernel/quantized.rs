//! Quantized values with their parameters, as kernels read them. The values that share a scale and
//! a zero point are a set.

use crate::set_params::Params;
use crate::simd::Simd;
use crate::{Integer, Rows};

/// Quantized values to be read.
#[derive(Clone, Copy)]
pub struct Quantized<'a> {
    /// The bits of the integers.
    pub(crate) q: Rows<'a, i8>,
    /// Whether the bits are those of [`u8`].
    pub(crate) unsigned: bool,
    /// The parameters of all sets, in order.
    pub(crate) params: Params<'a>,
}

/// A kernel that reads integers and is run once their type is known.
pub(super) trait OfIntegers {
    /// Runs the kernel.
    fn eval_of<S: Simd, Q: Integer>(self, s: S);
}

/// Runs a kernel with the type of its integers: [`u8`] if they are `unsigned`, else [`i8`].
#[inline(always)]
pub(super) fn of_integers<S: Simd>(s: S, unsigned: bool, kernel: impl OfIntegers) {
    if unsigned {
        kernel.eval_of::<S, u8>(s);
    } else {
        kernel.eval_of::<S, i8>(s);
    }
}
