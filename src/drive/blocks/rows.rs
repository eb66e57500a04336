//! Quantizes rows to blocks, on several threads if they are long.

use super::block::Block;
use super::piece::{PIECE, Piece};
use super::q8_0::Q8_0;
use super::q8_1::Q8_1;
use super::q8_k::Q8K;
use crate::drive::failure::{Failure, sooner};
use crate::drive::parallel::{self, CHUNK};
use crate::kernel::Traffic;
use crate::recipe::Recipe;
use crate::simd::Value;
use crate::{Arithmetic, Backend, Result, Rows, RowsMut, Scheme};

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
    let traffic = Traffic::read(x.len() * size_of::<T>());
    for row in 0..x.rows() {
        let values = x.row(row).as_chunks::<N>().0;
        let blocks = to.row_mut(row).chunks_mut(CHUNK / N);
        let see = |failed: &mut Option<Failure>, (chunk, (x, to)): (usize, (_, _))| {
            let chunk_to_blocks = quantize_chunk::<T, B, N, SIZE>;
            if let Err((block, error)) = chunk_to_blocks(backend, arithmetic, x, traffic, to) {
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
    traffic: Traffic,
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
