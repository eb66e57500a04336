//! Operations on the rows of a matrix in which consecutive values share a scale.

use super::chunks;
use super::failure::set_error;
use super::parallel::{self, CHUNK};
use crate::kernel::{
    Dequantize, DequantizeRows, LENGTHS, Quantize, QuantizeGiven, QuantizeGroups, QuantizeRows,
    Quantized, Traffic,
};
use crate::limits::Limits;
use crate::quantized_mut::Outputs;
use crate::set_params::{Params, ParamsMut};
use crate::simd::{LANES, Value};
use crate::{Backend, Result, Rows, RowsMut, Scheme};

/// Rows to be quantized. Every `group` values of a row are a set, and the last set of a row may be
/// shorter.
pub struct Groups<'a, 'b, T> {
    pub(crate) x: &'a Rows<'a, T>,
    /// The number of values of a group. It is 0 only if the rows are empty.
    pub(crate) group: usize,
    pub(crate) scheme: &'a Scheme,
    /// The outputs. Each group is a set, and the integers are laid out in as many rows of the same
    /// length.
    pub(crate) to: &'a mut Outputs<'b>,
}

/// Quantizes each group by its own parameters.
pub(crate) fn quantize_groups<T: Value>(backend: Backend, groups: Groups<'_, '_, T>) -> Result<()> {
    let Groups { x, group, scheme, to } = groups;
    if x.row_len() == 0 {
        let (scale, zero_point) = scheme.choose(Limits::symmetric(0.0));
        (0..to.params.len()).for_each(|set| to.params.set(set, scale, zero_point));
        return Ok(());
    }
    if x.row_len() == group {
        quantize_rows(backend, QuantizeRows { x, scheme, to: &mut *to });
    } else {
        quantize_in_rows(backend, Groups { x, group, scheme, to: &mut *to });
    }
    match to.params.first_not_finite() {
        None => Ok(()),
        Some(set) => {
            let of_row = x.row_len().div_ceil(group);
            let (row, column) = (set / of_row, set % of_row * group);
            let x_of_row = x.row(row);
            let x_of_set = &x_of_row[column..x_of_row.len().min(column + group)];
            let limits = chunks::limits(backend, x_of_set, scheme.is_symmetric());
            let first = row * x.row_stride() + column;
            Err(set_error(Rows::one(x_of_set), scheme, limits).in_set(set, first))
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
    let traffic = Traffic::read(rows * row_len * size_of::<T>());
    if rows * row_len <= CHUNK {
        return quantize_piece(backend, all, traffic);
    }
    let QuantizeRows { x, scheme, to } = all;
    let sets = CHUNK / row_len;
    let pieces = x.chunks(sets).zip(to.reborrow().chunks(sets, sets));
    parallel::for_each(pieces, rows * row_len, backend.threads(), |(x, mut to)| {
        quantize_piece(backend, QuantizeRows { x: &x, scheme, to: &mut to }, traffic);
    });
}

/// Quantizes rows that are longer than a chunk, one row after another. The chunks of a row are
/// divided among the threads.
fn quantize_long_rows<T: Value>(backend: Backend, all: QuantizeRows<'_, '_, T>) {
    let QuantizeRows { x, scheme, to } = all;
    for row in 0..x.rows() {
        let x = x.row(row);
        let limits = chunks::limits(backend, x, scheme.is_symmetric());
        let (scale, zero_point) = scheme.choose(limits);
        to.params.set(row, scale, zero_point);
        if scale.is_finite() {
            let params = scheme.valid_params(scale, zero_point);
            let q = to.q.row_mut(row);
            let (traffic, unsigned) =
                (Traffic::copy(size_of_val(x), q.len()), scheme.is_unsigned());
            chunks::quantize(backend, Quantize { x, params, known: true, traffic, unsigned, q });
        }
    }
}

/// Quantizes rows on one thread. Short rows are taken sixteen at a time, as far as that is
/// possible.
#[inline(always)]
fn quantize_piece<T: Value>(backend: Backend, all: QuantizeRows<'_, '_, T>, traffic: Traffic) {
    let QuantizeRows { x, scheme, to } = all;
    let (mut done, rows) = (0, x.rows());
    let gapless = x.gapless().is_some() && to.q.is_gapless();
    if rows < LANES || !gapless || !LENGTHS.contains(&x.row_len()) {
        return backend.run(QuantizeRows { x, scheme, to });
    }
    while done < rows {
        let all = QuantizeRows { x, scheme, to: &mut *to };
        done = backend.run(QuantizeGroups { rows: all, first: done, traffic });
        let next = LANES.min(rows - done);
        let (x, mut to) = (x.part(done, next), to.part(done, next));
        backend.run(QuantizeRows { x: &x, scheme, to: &mut to });
        done += next;
    }
}

/// Quantizes rows of several groups.
fn quantize_in_rows<T: Value>(backend: Backend, all: Groups<'_, '_, T>) {
    let Groups { x, group, scheme, to } = all;
    let (rows, sets) = ((CHUNK / x.row_len()).max(1), x.row_len().div_ceil(group));
    let (elements, threads) = (x.rows() * x.row_len(), backend.threads());
    let pieces = x.chunks(rows).zip(to.reborrow().chunks(rows, rows * sets));
    // If rows are longer than a chunk, each row is divided among the threads, and the rows come one
    // by one.
    let threads = if x.row_len() > CHUNK { 1 } else { threads };
    parallel::for_each(pieces, elements, threads, |(x, mut to)| {
        for row in 0..x.rows() {
            let params = to.params.part(row * sets..(row + 1) * sets);
            quantize_row(backend, (x.row(row), to.q.row_mut(row)), group, scheme, params);
        }
    });
}

/// Quantizes a row of several groups.
fn quantize_row<T: Value>(
    backend: Backend,
    (x, q): (&[T], &mut [i8]),
    group: usize,
    scheme: &Scheme,
    mut params: ParamsMut<'_>,
) {
    let sets = x.len() / group;
    let (whole, last) = x.split_at(sets * group);
    let (q_whole, q_last) = q.split_at_mut(sets * group);
    let (q, of_whole) = (RowsMut::of_len(q_whole, group), params.part(0..sets));
    let mut to = Outputs { q, params: of_whole };
    quantize_rows(backend, QuantizeRows { x: &Rows::of_len(whole, group), scheme, to: &mut to });
    if !last.is_empty() {
        let mut to = Outputs { q: RowsMut::one(q_last), params: params.part(sets..sets + 1) };
        quantize_rows(backend, QuantizeRows { x: &Rows::one(last), scheme, to: &mut to });
    }
}

/// Quantizes all rows by one scale, which is computed from all of them.
pub(super) fn quantize_whole<T: Value>(
    backend: Backend,
    x: Rows<'_, T>,
    scheme: &Scheme,
    to: &mut Outputs<'_>,
) -> Result<()> {
    let Outputs { q, mut params } = to.reborrow();
    let symmetric = scheme.is_symmetric();
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
    let (scale, zero_point) = scheme.choose(limits);
    if !scale.is_finite() {
        return Err(set_error(x, scheme, limits).in_set(0, 0));
    }
    params.set(0, scale, zero_point);
    let (scales, zero_points) = ([scale], [zero_point]);
    let params = Params::new(&scales).with_zero_points(&zero_points);
    let group = x.row_len();
    quantize_given(backend, QuantizeGiven { x, group, scheme: *scheme, params, known: true, q });
    Ok(())
}

/// The number of rows of a piece that one thread takes at a time.
fn rows_of_a_piece(row_len: usize) -> usize {
    (CHUNK / row_len).max(1)
}

/// Quantizes rows in groups by given parameters: one set of parameters for each group, or one for
/// all values.
pub(super) fn quantize_given<T: Value>(backend: Backend, all: QuantizeGiven<'_, T>) {
    let QuantizeGiven { x, group, scheme, params, known, mut q } = all;
    let (row_len, elements) = (x.row_len(), x.len());
    if elements == 0 {
        return;
    }
    let sets = row_len.div_ceil(group);
    if group > CHUNK {
        for row in 0..x.rows() {
            let groups = x.row(row).chunks(group).zip(q.row_mut(row).chunks_mut(group));
            for (set, (x, q)) in groups.enumerate() {
                let (scale, zero_point) = params.of_set(row * sets + set);
                let params = scheme.valid_params(scale, zero_point);
                let (traffic, unsigned) =
                    (Traffic::copy(size_of_val(x), q.len()), scheme.is_unsigned());
                chunks::quantize(backend, Quantize { x, params, known, traffic, unsigned, q });
            }
        }
        return;
    }
    let rows = rows_of_a_piece(row_len);
    let pieces = x.chunks(rows).zip(q.chunks(rows)).enumerate();
    parallel::for_each(pieces, elements, backend.threads(), |(piece, (x, q))| {
        let params = params.of_sets(piece * rows * sets, x.rows() * sets);
        backend.run(QuantizeGiven { x, group, scheme, params, known, q });
    });
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
