//! What the kinds of blocks have in common.

use super::piece::Piece;
use crate::arithmetic::Narrowing;
use crate::drive::failure::Failure;
use crate::kernel::Traffic;
use crate::recipe::Recipe;
use crate::simd::Value;
use crate::{Arithmetic, Backend, ScaleType};

/// A kind of block: what SIZE bytes hold of N values.
pub(super) trait Block<const N: usize, const SIZE: usize> {
    /// The arithmetic of the integers.
    fn integers_by(arithmetic: &Arithmetic) -> Arithmetic {
        *arithmetic
    }

    /// The type that scales are rounded to before values are quantized. Where it is f16 in the end, a
    /// scale that is rounded afterwards is kept as it is until then.
    fn scale_type(arithmetic: &Arithmetic) -> ScaleType {
        match arithmetic.narrowing {
            Narrowing::Before => ScaleType::F16,
            Narrowing::After => ScaleType::F32,
        }
    }

    /// Whether the integers of each block are added up.
    const SUMS: bool;

    /// Quantizes blocks at once, from the first on. Returns the first block that is left.
    fn at_once<T: Value>(
        _backend: Backend,
        _recipe: Recipe<'_>,
        _x: &[[T; N]],
        _traffic: Traffic,
        _to: &mut [[u8; SIZE]],
    ) -> usize {
        0
    }

    /// Lays blocks out.
    fn lay_out<T: Value>(
        backend: Backend,
        arithmetic: &Arithmetic,
        x: &[[T; N]],
        piece: &mut Piece,
        blocks: &mut [[u8; SIZE]],
    ) -> Result<(), Failure>;
}
