//! The values of some blocks, quantized and not laid out yet.

use half::f16;

use crate::drive::chunks;
use crate::drive::failure::{Failure, set_error};
use crate::drive::rows::quantize_piece;
use crate::kernel::{Narrow, QuantizeRows, Traffic};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_outputs::SetOutputs;
use crate::simd::{LANES, Value};
use crate::stored::{ScalesMut, ZeroPointsMut};
use crate::{Arithmetic, Backend, Error, Rows, RowsMut, ScaleType};

/// The number of values that are quantized before they are laid out.
pub(super) const PIECE: usize = 2048;

/// The number of values of the smallest block.
pub(super) const LEAST: usize = 32;

/// The values of some blocks, quantized.
pub(super) struct Piece {
    pub(super) q: [i8; PIECE],
    pub(super) scales: [f32; PIECE / LEAST],
    pub(super) sums: [i32; PIECE / LEAST],
}

impl Piece {
    /// Quantizes the values of blocks. The recipe makes the integers of `arithmetic`.
    pub(super) fn quantize<T: Value, const N: usize>(
        &mut self,
        backend: Backend,
        arithmetic: &Arithmetic,
        recipe: Recipe<'_>,
        sums: bool,
        x: &[[T; N]],
        traffic: Traffic,
    ) -> Option<Failure> {
        let count = x.len();
        let sets = SetOutputs {
            scales: ScalesMut::F32(&mut self.scales[..count]),
            zero_points: ZeroPointsMut::I32(&mut []),
            sums: sums.then_some(&mut self.sums[..count]),
            scaled_sums: None,
        };
        let q = RowsMut::gapless_of(&mut self.q[..count * N], count, N);
        let rows = &Rows::gapless_of(x.as_flattened(), count, N);
        let to = &mut Outputs { q, sets };
        quantize_piece(backend, QuantizeRows { x: rows, recipe, traffic, to: &mut *to });
        let set = to.sets.first_not_finite()?;
        let limits = chunks::limits(backend, &x[set], true);
        Some((
            set,
            match set_error(Rows::one(&x[set]), recipe, limits) {
                Error::ScaleUnderflow { set, .. } => {
                    let scale = arithmetic.step_of::<T>(recipe.scheme, limits);
                    Error::ScaleUnderflow { set, scale }
                }
                error => error,
            },
        ))
    }

    /// The scales in f16, and the first block whose scale overflows.
    pub(super) fn half_scales<T: Value, const N: usize>(
        &self,
        backend: Backend,
        x: &[[T; N]],
    ) -> ([f16; PIECE / LEAST], Result<(), Failure>) {
        let halves = narrowed(backend, &self.scales);
        let overflow = first_infinite(&halves[..x.len()]);
        let failed = overflow.map_or(Ok(()), |block| {
            let Limits { min, max } = chunks::limits(backend, &x[block], true);
            Err((block, Error::ScaleOverflow { set: 0, min, max, scale_type: ScaleType::F16 }))
        });
        (halves, failed)
    }
}

/// The first infinite number. There is none as a rule, and vectors are looked for one.
pub(super) fn first_infinite(numbers: &[f16]) -> Option<usize> {
    let infinite = |number: &f16| number.to_bits() & 0x7fff == f16::INFINITY.to_bits();
    let any = numbers.iter().fold(false, |any, number| any | infinite(number));
    if any { numbers.iter().position(infinite) } else { None }
}

/// Numbers rounded to the nearest f16.
pub(super) fn narrowed(backend: Backend, numbers: &[f32; PIECE / LEAST]) -> [f16; PIECE / LEAST] {
    let mut halves = [f16::ZERO; _];
    let numbers = numbers.as_chunks::<LANES>().0;
    backend.run(Narrow { numbers, halves: halves.as_chunks_mut::<LANES>().0 });
    halves
}
