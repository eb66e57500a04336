//! Blocks q8_K.

use super::block::Block;
use super::piece::Piece;
use crate::arithmetic::{
    Blocks, Multiplier, Precision, Rounding, ScaleFormula, ScaleLimits, ZeroPointAdded,
};
use crate::drive::chunks;
use crate::drive::failure::Failure;
use crate::limits::Limits;
use crate::simd::Value;
use crate::{Arithmetic, Backend, Error, Result, ScaleType, Scheme};

/// q8_K: the scale in f32, 256 integers, and their sums by sixteen in i16.
pub(super) struct Q8K;

impl Block<256, 292> for Q8K {
    const SUMS: bool = false;

    /// A negative multiplier gives the integers of the positive one, with the other sign: both
    /// roundings treat the signs alike.
    fn integers_by(arithmetic: &Arithmetic) -> Arithmetic {
        let signed = |rounding| Arithmetic {
            multiplier: Multiplier::StepsOverRange,
            scale: ScaleFormula::ReciprocalOfMultiplier,
            limits: ScaleLimits::None,
            added: ZeroPointAdded::AfterRounding,
            precision: Precision::F32,
            rounding,
            ..*arithmetic
        };
        match arithmetic.blocks {
            Blocks::Plain => *arithmetic,
            Blocks::Signed => signed(Rounding::HalfEven),
            Blocks::SignedAway => signed(Rounding::HalfAway),
        }
    }

    fn scale_type(_arithmetic: &Arithmetic) -> ScaleType {
        ScaleType::F32
    }

    fn lay_out<T: Value>(
        backend: Backend,
        arithmetic: &Arithmetic,
        x: &[[T; 256]],
        piece: &mut Piece,
        blocks: &mut [[u8; 292]],
    ) -> Result<(), Failure> {
        let q = piece.q.as_chunks_mut::<256>().0;
        let all = blocks.iter_mut().zip(x).zip(q).zip(&piece.scales).enumerate();
        for (i, (((block, x), q), &scale)) in all {
            let mut scale = scale;
            if arithmetic.blocks != Blocks::Plain {
                let largest = largest(backend, x);
                refuse_underflow::<T>(arithmetic, largest).map_err(|error| (i, error))?;
                if largest > 0.0 {
                    scale = -scale;
                    for q in &mut *q {
                        *q = -*q;
                    }
                }
            }
            block[..4].copy_from_slice(&scale.to_le_bytes());
            block[4..260].copy_from_slice(bytemuck::must_cast_slice(q));
            let sums = block[260..].as_chunks_mut::<2>().0;
            for (sum, sixteen) in sums.iter_mut().zip(q.as_chunks::<16>().0) {
                *sum = sixteen.iter().map(|&q| i16::from(q)).sum::<i16>().to_le_bytes();
            }
        }
        Ok(())
    }
}

/// The first value of the largest magnitude.
fn largest<T: Value>(backend: Backend, x: &[T]) -> f32 {
    let Limits { min, max } = chunks::limits(backend, x, false);
    if max != -min {
        return if max > -min { max } else { min };
    }
    x.iter().map(|x| x.widened()).find(|x| x.abs() == max).unwrap_or_default()
}

/// Fails if the arithmetic has no step for a block: its own step may be too small where that of
/// [`Block::integers_by`] is not.
fn refuse_underflow<T: Value>(arithmetic: &Arithmetic, largest: f32) -> Result<()> {
    const SMALL: f32 = 1e-30;
    if largest.abs() < SMALL {
        let limits = Limits::symmetric(largest.abs());
        let scheme = &Scheme::int8();
        if arithmetic.choose::<T>(scheme, limits).scale.is_nan() {
            let scale = arithmetic.step_of::<T>(scheme, limits);
            return Err(Error::ScaleUnderflow { set: 0, scale });
        }
    }
    Ok(())
}
