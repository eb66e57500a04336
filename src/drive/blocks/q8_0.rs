//! Blocks q8_0.

use super::block::Block;
use super::piece::Piece;
use crate::drive::failure::Failure;
use crate::kernel::{QuantizeQ8_0, Traffic};
use crate::recipe::Recipe;
use crate::simd::Value;
use crate::{Arithmetic, Backend};

/// q8_0: the scale in f16, and 32 integers.
pub(super) struct Q8_0;

impl Block<32, 34> for Q8_0 {
    const SUMS: bool = false;

    fn at_once<T: Value>(
        backend: Backend,
        recipe: Recipe<'_>,
        x: &[[T; 32]],
        traffic: Traffic,
        to: &mut [[u8; 34]],
    ) -> usize {
        if !recipe.suits_groups() {
            return 0;
        }
        let Recipe { scheme, arithmetic } = recipe;
        let scale_type = scheme.scale_type();
        backend.run(QuantizeQ8_0 { x, scale_type, arithmetic, traffic, to })
    }

    fn lay_out<T: Value>(
        backend: Backend,
        _arithmetic: &Arithmetic,
        x: &[[T; 32]],
        piece: &mut Piece,
        blocks: &mut [[u8; 34]],
    ) -> Result<(), Failure> {
        let (scales, failed) = piece.half_scales(backend, x);
        failed?;
        let q = bytemuck::must_cast_slice::<i8, u8>(&piece.q).as_chunks::<32>().0;
        for ((block, q), scale) in blocks.iter_mut().zip(q).zip(scales) {
            block[..2].copy_from_slice(&scale.to_le_bytes());
            block[2..].copy_from_slice(q);
        }
        Ok(())
    }
}
