//! Quantizes to the blocks of ggml. The values of a block are quantized as a row is, in a buffer that
//! stays in the cache, and laid out with their scale. Most blocks q8_0 have a kernel that does both.

use half::f16;

use super::chunks;
use super::failure::{Failure, set_error, sooner};
use super::parallel::{self, CHUNK};
use super::rows::quantize_piece;
use crate::arithmetic::{
    Blocks, Multiplier, Narrowing, Precision, Rounding, ScaleFormula, ScaleLimits, ZeroPointAdded,
};
use crate::kernel::{Narrow, QuantizeQ8_0, QuantizeRows, Traffic};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::set_outputs::SetOutputs;
use crate::simd::{LANES, Value};
use crate::stored::{ScalesMut, ZeroPointsMut};
use crate::{Arithmetic, Backend, Error, Result, Rows, RowsMut, ScaleType, Scheme};

/// The number of values that are quantized before they are laid out.
const PIECE: usize = 2048;

/// The number of values of the smallest block.
const LEAST: usize = 32;

/// A kind of block: what SIZE bytes hold of N values.
trait Block<const N: usize, const SIZE: usize> {
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

/// The values of some blocks, quantized.
struct Piece {
    q: [i8; PIECE],
    scales: [f32; PIECE / LEAST],
    sums: [i32; PIECE / LEAST],
}

/// q8_0: the scale in f16, and 32 integers.
struct Q8_0;

/// q8_1: the scale in f16, its product with the sum of the integers in f16, and 32 integers.
struct Q8_1;

/// q8_K: the scale in f32, 256 integers, and their sums by sixteen in i16.
struct Q8K;

/// Quantizes each row to blocks of N values, which fill the row.
fn quantize_blocks<T, B, const N: usize, const SIZE: usize>(
    backend: Backend,
    arithmetic: &Arithmetic,
    mut x: Rows<'_, T>,
    mut to: RowsMut<'_, [u8; SIZE]>,
) -> Result<()>
where
    T: Value,
    B: Block<N, SIZE>,
{
    if x.gapless().is_some() && to.is_gapless() {
        x.cut(1, x.len());
        to.cut(1, to.len());
    }
    for row in 0..x.rows() {
        let values = x.row(row).as_chunks::<N>().0;
        let blocks = to.row_mut(row).chunks_mut(CHUNK / N);
        let see = |failed: &mut Option<Failure>, (chunk, (x, to)): (usize, (_, _))| {
            if let Err((block, error)) = quantize_chunk::<T, B, N, SIZE>(backend, arithmetic, x, to)
            {
                *failed = sooner(*failed, Some((chunk * (CHUNK / N) + block, error)));
            }
        };
        let chunks = values.chunks(CHUNK / N).zip(blocks).enumerate();
        let threads = backend.threads();
        let failed = parallel::fold(chunks, x.row_len(), threads, || None, see, sooner);
        if let Some((block, error)) = failed {
            let first = row * x.row_stride() + block * N;
            return Err(error.in_set(row * values.len() + block, first));
        }
    }
    Ok(())
}

/// Quantizes each row to blocks q8_0.
pub(crate) fn quantize_q8_0<T: Value>(
    backend: Backend,
    arithmetic: &Arithmetic,
    x: Rows<'_, T>,
    to: RowsMut<'_, [u8; 34]>,
) -> Result<()> {
    quantize_blocks::<T, Q8_0, 32, 34>(backend, arithmetic, x, to)
}

/// Quantizes each row to blocks q8_1.
pub(crate) fn quantize_q8_1<T: Value>(
    backend: Backend,
    arithmetic: &Arithmetic,
    x: Rows<'_, T>,
    to: RowsMut<'_, [u8; 36]>,
) -> Result<()> {
    quantize_blocks::<T, Q8_1, 32, 36>(backend, arithmetic, x, to)
}

/// Quantizes each row to blocks q8_K.
pub(crate) fn quantize_q8_k<T: Value>(
    backend: Backend,
    arithmetic: &Arithmetic,
    x: Rows<'_, T>,
    to: RowsMut<'_, [u8; 292]>,
) -> Result<()> {
    quantize_blocks::<T, Q8K, 256, 292>(backend, arithmetic, x, to)
}

/// Quantizes blocks on one thread.
fn quantize_chunk<T, B, const N: usize, const SIZE: usize>(
    backend: Backend,
    arithmetic: &Arithmetic,
    x: &[[T; N]],
    to: &mut [[u8; SIZE]],
) -> Result<(), Failure>
where
    T: Value,
    B: Block<N, SIZE>,
{
    let mut piece = Piece { q: [0; PIECE], scales: [0.0; _], sums: [0; _] };
    let scheme = &Scheme::int8().with_scale_type(B::scale_type(arithmetic));
    let by = B::integers_by(arithmetic);
    let recipe = Recipe { scheme, arithmetic: (by != Arithmetic::exact()).then_some(&by) };
    let traffic = Traffic::read(size_of_val(x));
    let mut done = 0;
    while done < x.len() {
        done += B::at_once(backend, recipe, &x[done..], traffic, &mut to[done..]);
        let (first, count) = (done, (PIECE / N).min(x.len() - done));
        if count == 0 {
            break;
        }
        let (x, to) = (&x[first..][..count], &mut to[first..][..count]);
        let in_chunk = |(block, error)| (first + block, error);
        let failed = piece.quantize(backend, arithmetic, recipe, B::SUMS, x, traffic);
        // A block before it may fail in another way.
        let whole = failed.map_or(count, |(block, _)| block);
        let (x, to) = (&x[..whole], &mut to[..whole]);
        B::lay_out(backend, arithmetic, x, &mut piece, to).map_err(in_chunk)?;
        failed.map_or(Ok(()), |failed| Err(in_chunk(failed)))?;
        done += count;
    }
    Ok(())
}

impl Piece {
    /// Quantizes the values of blocks. The recipe makes the integers of `arithmetic`.
    fn quantize<T: Value, const N: usize>(
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
        quantize_piece(backend, QuantizeRows { x: rows, recipe, to: &mut *to }, traffic);
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
    fn half_scales<T: Value, const N: usize>(
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
fn first_infinite(numbers: &[f16]) -> Option<usize> {
    let infinite = |number: &f16| number.to_bits() & 0x7fff == f16::INFINITY.to_bits();
    let any = numbers.iter().fold(false, |any, number| any | infinite(number));
    if any { numbers.iter().position(infinite) } else { None }
}

/// Numbers rounded to the nearest f16.
fn narrowed(backend: Backend, numbers: &[f32; PIECE / LEAST]) -> [f16; PIECE / LEAST] {
    let mut halves = [f16::ZERO; _];
    let numbers = numbers.as_chunks::<LANES>().0;
    backend.run(Narrow { numbers, halves: halves.as_chunks_mut::<LANES>().0 });
    halves
}

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
        backend.run(QuantizeQ8_0 { x, recipe, traffic, to })
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
