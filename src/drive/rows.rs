//! Rows, in each of which every so many values are a group that shares a scale.

use super::chunks;
use super::failure::set_error;
use super::parallel::{self, CHUNK};
use crate::kernel::{
    Dequantize, DequantizeRows, LENGTHS, Quantize, QuantizeGroups, QuantizeRows, Quantized,
    QuantizedMut, Traffic,
};
use crate::limits::Limits;
use crate::simd::{LANES, Value};
use crate::{Backend, Result, Scheme};

/// Rows to be quantized in groups. The lengths agree.
pub struct Groups<'a, T> {
    pub(crate) x: &'a [T],
    /// May be 0.
    pub(crate) row_len: usize,
    /// At most the length of a row. The last group of a row may be shorter.
    pub(crate) group: usize,
    pub(crate) scheme: &'a Scheme,
    /// A set is a group.
    pub(crate) to: QuantizedMut<'a>,
}

/// Quantizes each group by its own parameters.
pub(crate) fn quantize_groups<T: Value>(backend: Backend, groups: Groups<'_, T>) -> Result<()> {
    let Groups { x, row_len, group, scheme, mut to } = groups;
    if row_len == 0 {
        let (scale, zero_point) = scheme.choose(Limits::symmetric(0.0));
        to.scales.fill(scale);
        to.zero_points.fill(zero_point);
        return Ok(());
    }
    if row_len == group || row_len.is_multiple_of(group) {
        quantize_rows(backend, QuantizeRows { x, row_len: group, scheme, to: to.reborrow() });
    } else {
        quantize_ragged(backend, Groups { x, row_len, group, scheme, to: to.reborrow() });
    }
    match to.scales.iter().position(|scale| !scale.is_finite()) {
        None => Ok(()),
        Some(set) => {
            let (row, column) = (set / row_len.div_ceil(group), set % row_len.div_ceil(group));
            let first = row * row_len + column * group;
            let last = x.len().min(first + group).min((row + 1) * row_len);
            let x = &x[first..last];
            let limits = chunks::limits(backend, x, scheme.is_symmetric());
            Err(set_error(x, scheme, limits).in_set(set, first))
        }
    }
}

/// Quantizes each row by its own parameters. What is not finite, or whose scale overflows, gets a
/// scale that is not finite.
#[inline(always)]
fn quantize_rows<T: Value>(backend: Backend, rows: QuantizeRows<'_, T>) {
    if rows.row_len > CHUNK {
        return quantize_long_rows(backend, rows);
    }
    let traffic = Traffic::read(size_of_val(rows.x));
    if rows.x.len() <= CHUNK {
        return quantize_piece(backend, rows, traffic);
    }
    let QuantizeRows { x, row_len, scheme, to } = rows;
    let sets = CHUNK / row_len;
    let values = sets * row_len;
    let pieces = x.chunks(values).zip(to.chunks(values, sets));
    parallel::for_each(pieces, x.len(), backend.thread_limit(), |(x, to)| {
        quantize_piece(backend, QuantizeRows { x, row_len, scheme, to }, traffic);
    });
}

/// Rows that are more than a chunk are shared out one after another.
fn quantize_long_rows<T: Value>(backend: Backend, rows: QuantizeRows<'_, T>) {
    let QuantizeRows { x, row_len, scheme, to } = rows;
    for (x, mut to) in x.chunks(row_len).zip(to.chunks(row_len, 1)) {
        let limits = chunks::limits(backend, x, scheme.is_symmetric());
        let (scale, zero_point) = scheme.choose(limits);
        to.set_params(0, scale, zero_point);
        if scale.is_finite() {
            let params = scheme.valid_params(scale, zero_point);
            let (traffic, unsigned) =
                (Traffic::copy(size_of_val(x), to.q.len()), scheme.is_unsigned());
            let known = true;
            chunks::quantize(backend, Quantize { x, params, known, traffic, unsigned, q: to.q });
        }
    }
}

/// Quantizes rows on one thread. Those that are short go sixteen together as far as they can.
#[inline(always)]
fn quantize_piece<T: Value>(backend: Backend, mut rows: QuantizeRows<'_, T>, traffic: Traffic) {
    let (mut done, all) = (0, rows.to.scales.len());
    if all < LANES || !LENGTHS.contains(&rows.row_len) {
        return backend.run(rows);
    }
    while done < all {
        let groups = QuantizeGroups { rows: rows.part(done, all - done), traffic };
        done += backend.run(groups);
        let next = LANES.min(all - done);
        backend.run(rows.part(done, next));
        done += next;
    }
}

/// Quantizes rows whose last group is shorter than the others.
fn quantize_ragged<T: Value>(backend: Backend, rows: Groups<'_, T>) {
    let Groups { x, row_len, group, scheme, to } = rows;
    let sets = row_len.div_ceil(group);
    let whole = (sets - 1) * group;
    for (x, mut to) in x.chunks(row_len).zip(to.chunks(row_len, sets)) {
        let (x, last) = x.split_at(whole);
        let first = to.part(0..whole, 0..sets - 1);
        quantize_rows(backend, QuantizeRows { x, row_len: group, scheme, to: first });
        let (x, row_len) = (last, last.len());
        let last = to.part(whole..whole + row_len, sets - 1..sets);
        quantize_rows(backend, QuantizeRows { x, row_len, scheme, to: last });
    }
}

/// Dequantizes rows in groups. The lengths agree.
pub(super) fn dequantize_groups<T: Value>(backend: Backend, rows: DequantizeRows<'_, T>) {
    let DequantizeRows { from, row_len, group, x } = rows;
    if from.q.is_empty() {
        return;
    }
    if group >= CHUNK {
        return dequantize_long_groups(backend, DequantizeRows { from, row_len, group, x });
    }
    // Groups that follow each other without a gap are rows, too.
    let row_len = if row_len.is_multiple_of(group) { group } else { row_len };
    let rows = (CHUNK / row_len).max(1);
    let (values, sets, all) = (rows * row_len, rows * row_len.div_ceil(group), x.len());
    let pieces = from.chunks(values, sets).zip(x.chunks_mut(values));
    parallel::for_each(pieces, all, backend.thread_limit(), |(from, x)| {
        backend.run(DequantizeRows { from, row_len, group, x });
    });
}

/// Groups that are a chunk or more are shared out one after another.
fn dequantize_long_groups<T: Value>(backend: Backend, rows: DequantizeRows<'_, T>) {
    let DequantizeRows { from, row_len, group, x } = rows;
    let Quantized { q, unsigned, scales, .. } = from;
    let rows = q.chunks(row_len).zip(x.chunks_mut(row_len));
    let groups = rows.flat_map(|(q, x)| q.chunks(group).zip(x.chunks_mut(group)));
    for (set, ((q, x), &scale)) in groups.zip(scales).enumerate() {
        let (zero_point, traffic) = (from.zero_point(set), Traffic::copy(q.len(), size_of_val(x)));
        let part = Dequantize { q, unsigned, scale, zero_point, traffic, x };
        chunks::dequantize(backend, part);
    }
}
