//! Blocks q8_1.

use super::block::Block;
use super::piece::{Piece, first_infinite, narrowed};
use crate::arithmetic::Blocks;
use crate::drive::failure::Failure;
use crate::simd::Value;
use crate::{Arithmetic, Backend, Error};

/// q8_1: the scale in f16, its product with the sum of the integers in f16, and 32 integers.
pub(super) struct Q8_1;

impl Block<32, 36> for Q8_1 {
    const SUMS: bool = true;

    fn lay_out<T: Value>(
        backend: Backend,
        arithmetic: &Arithmetic,
        x: &[[T; 32]],
        piece: &mut Piece,
        blocks: &mut [[u8; 36]],
    ) -> Result<(), Failure> {
        let (scales, failed) = piece.half_scales(backend, x);
        let mut products = piece.sums.map(|sum| sum as f32);
        if arithmetic.blocks == Blocks::SignedAway {
            let sums = narrowed(backend, &products);
            for ((product, sum), scale) in products.iter_mut().zip(sums).zip(scales) {
                *product = sum.to_f32() * scale.to_f32();
            }
        } else {
            for (product, step) in products.iter_mut().zip(piece.scales) {
                *product *= step;
            }
        }
        let halves = narrowed(backend, &products);
        let before = failed.map_or_else(|(block, _)| block, |()| x.len());
        if let Some(block) = first_infinite(&halves[..before]) {
            return Err((block, Error::BlockSumOverflow { sum: products[block] }));
        }
        failed?;
        let q = bytemuck::must_cast_slice::<i8, u8>(&piece.q).as_chunks::<32>().0;
        for (((block, q), scale), sum) in blocks.iter_mut().zip(q).zip(scales).zip(halves) {
            block[..2].copy_from_slice(&scale.to_le_bytes());
            block[2..4].copy_from_slice(&sum.to_le_bytes());
            block[4..].copy_from_slice(q);
        }
        Ok(())
    }
}
