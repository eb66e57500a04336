//! Operations on the rows of a matrix in which consecutive values share a scale.

use super::chunks;
use super::failure::set_error;
use super::parallel::{self, CHUNK};
use crate::kernel::{
    Dequantize, DequantizeRows, LENGTHS, Quantize, QuantizeGiven, QuantizeGroups, QuantizeInt8,
    QuantizeRows, Quantized, Traffic,
};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::recipe::Recipe;
use crate::simd::{LANES, Value};
use crate::{Backend, QuantParams, Result, Rows, RowsMut, Scheme};

/// Rows to be quantized. Every `group` values of a row are a set, and the last set of a row may be
/// shorter.
pub struct Groups<'a, 'b, T> {
    pub(crate) x: &'a Rows<'a, T>,
    /// The number of values of a group. It is 0 only if the rows are empty.
    pub(crate) group: usize,
    pub(crate) recipe: Recipe<'a>,
    /// The traffic of the call that these rows belong to.
    pub(crate) traffic: Traffic,
    /// The outputs. Each group is a set, and the integers are laid out in as many rows of the same
    /// length.
    pub(crate) to: &'a mut Outputs<'b>,
}

/// Quantizes values to [`Scheme::int8`] by their own scale, which is returned.
pub(crate) fn quantize_int8<T: Value>(backend: Backend, x: &[T], q: &mut [i8]) -> Result<f32> {
    let scale = if x.len() <= CHUNK {
        backend.run(QuantizeInt8 { x, traffic: Traffic::CACHED, q })
    } else {
        quantize_long_row(backend, x, Recipe::exact(&Scheme::int8()), false, q).0
    };
    if scale.is_finite() {
        return Ok(scale);
    }
    let limits = chunks::limits(backend, x, true);
    Err(set_error(Rows::one(x), Recipe::exact(&Scheme::int8()), limits).in_set(0, 0))
}

/// Quantizes each group by its own parameters.
pub(crate) fn quantize_groups<T: Value>(backend: Backend, groups: Groups<'_, '_, T>) -> Result<()> {
    let Groups { x, group, recipe, traffic, to } = groups;
    if x.row_len() == 0 {
        let (scale, zero_point, _) = recipe.choose::<T>(Limits::symmetric(0.0));
        for set in 0..to.sets.scale_count() {
            to.sets.set(set, scale, zero_point);
            to.sets.set_sum(set, 0, scale);
        }
        return Ok(());
    }
    if x.row_len() == group {
        quantize_rows(backend, QuantizeRows { x, recipe, traffic, to: &mut *to });
    } else {
        quantize_in_rows(backend, Groups { x, group, recipe, traffic, to: &mut *to });
    }
    match to.sets.first_not_finite() {
        None => Ok(()),
        Some(set) => {
            let of_row = x.row_len().div_ceil(group);
            let (row, column) = (set / of_row, set % of_row * group);
            let x_of_row = x.row(row);
            let x_of_set = &x_of_row[column..x_of_row.len().min(column + group)];
            let limits = chunks::limits(backend, x_of_set, recipe.scheme.is_symmetric());
            let first = row * x.row_stride() + column;
            Err(set_error(Rows::one(x_of_set), recipe, limits).in_set(set, first))
        }
    }
}

/// Quantizes each row by its own parameters. A row with a value that is not finite, or whose scale
/// overflows, gets a scale that is not finite.
#[inline(always)]
fn quantize_rows<T: Value>(backend: Backend, all: QuantizeRows<'_, '_, T>) {
    let (rows, row_len) = (all.x.rows(), all.x.row_len());
    if row_len > CHUNK {
        return quantize_long_rows(backend, all);
    }
    if rows * row_len <= CHUNK {
        return quantize_piece(backend, all);
    }
    let QuantizeRows { x, recipe, traffic, to } = all;
    let sets = CHUNK / row_len;
    let pieces = x.chunks(sets).zip(to.reborrow().chunks(sets, sets));
    parallel::for_each(pieces, rows * row_len, backend.threads(), |(x, mut to)| {
        quantize_piece(backend, QuantizeRows { x: &x, recipe, traffic, to: &mut to });
    });
}

/// Quantizes rows that are longer than a chunk, one row after another. The chunks of a row are
/// divided among the threads.
fn quantize_long_rows<T: Value>(backend: Backend, all: QuantizeRows<'_, '_, T>) {
    let QuantizeRows { x, recipe, to, .. } = all;
    for row in 0..x.rows() {
        let (sum, q) = (to.sets.wants_sums(), to.q.row_mut(row));
        let (scale, zero_point, sum) = quantize_long_row(backend, x.row(row), recipe, sum, q);
        to.sets.set(row, scale, zero_point);
        to.sets.set_sum(row, sum, scale);
    }
}

/// Quantizes a row by its own parameters. Returns them, and the sum of the integers, or 0 if they
/// are not added up.
fn quantize_long_row<T: Value>(
    backend: Backend,
    x: &[T],
    recipe: Recipe<'_>,
    sum: bool,
    q: &mut [i8],
) -> (f32, i32, i32) {
    let limits = chunks::limits(backend, x, recipe.scheme.is_symmetric());
    let (scale, zero_point, params) = recipe.choose::<T>(limits);
    if !scale.is_finite() {
        return (scale, zero_point, 0);
    }
    let (known, unsigned) = (true, recipe.scheme.is_unsigned());
    let traffic = Traffic::copy(size_of_val(x), q.len());
    let row = Quantize { x, params, known, traffic, unsigned, sum, q };
    (scale, zero_point, chunks::quantize(backend, row))
}

/// Quantizes rows on one thread. Short rows are taken sixteen at a time, as far as that is
/// possible.
#[inline(always)]
pub(super) fn quantize_piece<T: Value>(backend: Backend, all: QuantizeRows<'_, '_, T>) {
    let QuantizeRows { x, recipe, traffic, to } = all;
    let (mut done, rows) = (0, x.rows());
    let gapless = x.gapless().is_some() && to.q.is_gapless();
    let short = LENGTHS.contains(&x.row_len()) && recipe.suits_groups();
    if rows < LANES || !gapless || !short {
        return quantize_one_by_one(backend, QuantizeRows { x, recipe, traffic, to });
    }
    while done < rows {
        let all = QuantizeRows { x, recipe, traffic, to: &mut *to };
        done = backend.run(QuantizeGroups { rows: all, first: done });
        let next = LANES.min(rows - done);
        let (x, mut to) = (x.part(done, next), to.part(done, next));
        quantize_one_by_one(backend, QuantizeRows { x: &x, recipe, traffic, to: &mut to });
        done += next;
    }
}

/// Quantizes rows one by one, on one thread. The scheme that most calls have has a kernel of its
/// own, which is called for each row: a call costs less than that kernel saves.
#[inline(always)]
fn quantize_one_by_one<T: Value>(backend: Backend, all: QuantizeRows<'_, '_, T>) {
    let QuantizeRows { x, recipe, traffic, to } = all;
    if !recipe.is_plain_int8() || to.sets.wants_sums() {
        return backend.run(QuantizeRows { x, recipe, traffic, to });
    }
    let traffic = traffic.to_next_row(x);
    for row in 0..x.rows() {
        let scale = backend.run(QuantizeInt8 { x: x.row(row), traffic, q: to.q.row_mut(row) });
        to.sets.set(row, scale, 0);
    }
}

/// Quantizes rows of several groups.
fn quantize_in_rows<T: Value>(backend: Backend, all: Groups<'_, '_, T>) {
    let Groups { x, group, recipe, traffic, to } = all;
    let (rows, sets) = ((CHUNK / x.row_len()).max(1), x.row_len().div_ceil(group));
    let (elements, threads) = (x.rows() * x.row_len(), backend.threads());
    let pieces = x.chunks(rows).zip(to.reborrow().chunks(rows, rows * sets));
    // If rows are longer than a chunk, each row is divided among the threads, and the rows come one
    // by one.
    let threads = if x.row_len() > CHUNK { 1 } else { threads };
    parallel::for_each(pieces, elements, threads, |(x, mut to)| {
        for row in 0..x.rows() {
            let x = &Rows::one(x.row(row));
            let q = RowsMut::one(to.q.row_mut(row));
            let to = &mut Outputs { q, sets: to.sets.part(row * sets..(row + 1) * sets) };
            quantize_row(backend, group, QuantizeRows { x, recipe, traffic, to });
        }
    });
}

/// Quantizes a row of several groups.
fn quantize_row<T: Value>(backend: Backend, group: usize, row: QuantizeRows<'_, '_, T>) {
    let QuantizeRows { x, recipe, traffic, to: Outputs { q, sets } } = row;
    let count = x.row_len() / group;
    let (whole, last) = x.row(0).split_at(count * group);
    let (q_whole, q_last) = q.row_mut(0).split_at_mut(count * group);
    let (q, of_whole) = (RowsMut::of_len(q_whole, group), sets.part(0..count));
    let (x, to) = (&Rows::of_len(whole, group), &mut Outputs { q, sets: of_whole });
    quantize_rows(backend, QuantizeRows { x, recipe, traffic, to });
    if !last.is_empty() {
        let (q, of_last) = (RowsMut::one(q_last), sets.part(count..count + 1));
        let (x, to) = (&Rows::one(last), &mut Outputs { q, sets: of_last });
        quantize_rows(backend, QuantizeRows { x, recipe, traffic, to });
    }
}

/// Quantizes all rows by one scale, which is computed from all of them.
pub(super) fn quantize_whole<T: Value>(
    backend: Backend,
    x: Rows<'_, T>,
    recipe: Recipe<'_>,
    to: &mut Outputs<'_>,
) -> Result<()> {
    let symmetric = recipe.scheme.is_symmetric();
    let see = |seen: &mut Option<Limits>, x: Rows<'_, T>| {
        for row in 0..x.rows() {
            let limits = chunks::limits(backend.with_threads(1), x.row(row), symmetric);
            *seen = Limits::merge_seen(*seen, Some(limits));
        }
    };
    let pieces = x.chunks(rows_of_a_piece(x.row_len()));
    let threads = backend.threads();
    let limits = parallel::fold(pieces, x.len(), threads, || None, see, Limits::merge_seen);
    let limits = limits.unwrap_or(Limits::symmetric(0.0));
    let (scale, zero_point, params) = recipe.choose::<T>(limits);
    if !scale.is_finite() {
        return Err(set_error(x, recipe, limits).in_set(0, 0));
    }
    to.sets.set(0, scale, zero_point);
    let sum = quantize_whole_given(backend, x, recipe.scheme, params, true, to);
    to.sets.set_sum(0, sum, scale);
    Ok(())
}

/// Quantizes all rows by the same parameters. Returns the sum of the integers, or 0 if they are not
/// added up.
pub(super) fn quantize_whole_given<T: Value>(
    backend: Backend,
    x: Rows<'_, T>,
    scheme: &Scheme,
    params: QuantParams,
    known: bool,
    to: &mut Outputs<'_>,
) -> i32 {
    let (sum, unsigned) = (to.sets.wants_sums(), scheme.is_unsigned());
    let (elements, rows) = (x.len(), rows_of_a_piece(x.row_len()));
    if elements == 0 {
        return 0;
    }
    // If rows are longer than a chunk, each row is divided among the threads, and the rows come one
    // by one.
    let long = x.row_len() > CHUNK;
    let threads = if long { 1 } else { backend.threads() };
    let bytes = if long { elements } else { 0 };
    let traffic = Traffic::copy(bytes * size_of::<T>(), bytes);
    let pieces = x.chunks(rows).zip(to.q.reborrow().chunks(rows));
    let add = |total: &mut i32, (x, mut q): (Rows<'_, T>, RowsMut<'_, i8>)| {
        for row in 0..x.rows() {
            let (x, q) = (x.row(row), q.row_mut(row));
            let row = Quantize { x, params, known, traffic, unsigned, sum, q };
            *total = total.wrapping_add(chunks::quantize(backend, row));
        }
    };
    parallel::fold(pieces, elements, threads, || 0, add, i32::wrapping_add)
}

/// The number of rows of a piece that one thread takes at a time.
fn rows_of_a_piece(row_len: usize) -> usize {
    (CHUNK / row_len.max(1)).max(1)
}

/// Quantizes rows in groups by given parameters: one set of parameters for each group, or one for
/// all values. Returns the sum of all integers, or 0 if they are not added up.
pub(super) fn quantize_given<T: Value>(backend: Backend, all: QuantizeGiven<'_, T>) -> i32 {
    let QuantizeGiven { x, group, recipe, params, known, sum, mut to } = all;
    let (row_len, elements) = (x.row_len(), x.len());
    if elements == 0 {
        // There may be sets all the same, of no values each.
        params.iter().enumerate().for_each(|(set, (scale, _))| to.sets.set_sum(set, 0, scale));
        return 0;
    }
    let sets = row_len.div_ceil(group);
    if group > CHUNK {
        let mut total = 0i32;
        for row in 0..x.rows() {
            let groups = x.row(row).chunks(group).zip(to.q.row_mut(row).chunks_mut(group));
            for (set, (x, q)) in (row * sets..).zip(groups) {
                let (scale, zero_point) = params.of_set(set);
                let params = recipe.given::<T>(scale, zero_point);
                let (traffic, unsigned) =
                    (Traffic::copy(size_of_val(x), q.len()), recipe.scheme.is_unsigned());
                let group = Quantize { x, params, known, traffic, unsigned, sum, q };
                let sum = chunks::quantize(backend, group);
                to.sets.set_sum(set, sum, scale);
                total = total.wrapping_add(sum);
            }
        }
        return total;
    }
    let rows = rows_of_a_piece(row_len);
    let pieces = x.chunks(rows).zip(to.chunks(rows, rows * sets)).enumerate();
    let add = |total: &mut i32, (piece, (x, to)): (usize, (Rows<'_, T>, Outputs<'_>))| {
        let params = params.of_sets(piece * rows * sets, x.rows() * sets);
        let piece = QuantizeGiven { x, group, recipe, params, known, sum, to };
        *total = total.wrapping_add(backend.run(piece));
    };
    parallel::fold(pieces, elements, backend.threads(), || 0, add, i32::wrapping_add)
}

/// Dequantizes rows in groups. The lengths agree.
pub(super) fn dequantize_groups<T: Value>(backend: Backend, all: DequantizeRows<'_, T>) {
    let DequantizeRows { from: Quantized { q, unsigned, params }, group, mut x } = all;
    let (row_len, elements) = (q.row_len(), q.len());
    if elements == 0 {
        return;
    }
    let sets = row_len.div_ceil(group);
    if group > CHUNK {
        for row in 0..q.rows() {
            let groups = q.row(row).chunks(group).zip(x.row_mut(row).chunks_mut(group));
            for (set, (q, x)) in groups.enumerate() {
                let (scale, zero_point) = params.of_set(row * sets + set);
                let traffic = Traffic::copy(q.len(), size_of_val(x));
                let part = Dequantize { q, unsigned, scale, zero_point, traffic, x };
                chunks::dequantize(backend, part);
            }
        }
        return;
    }
    let rows = rows_of_a_piece(row_len);
    let pieces = q.chunks(rows).zip(x.chunks(rows)).enumerate();
    parallel::for_each(pieces, elements, backend.threads(), |(piece, (q, x))| {
        let params = params.of_sets(piece * rows * sets, q.rows() * sets);
        backend.run(DequantizeRows { from: Quantized { q, unsigned, params }, group, x });
    });
}
