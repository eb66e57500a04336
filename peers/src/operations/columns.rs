//! Measures a scale for each column beside a scale for each row.

use std::cell::RefCell;

use absmax::Scheme;

use super::names::{ABSMAX, ROWS};
use super::run::Run;
use super::tensor::{self, Out, ROW};
use crate::measure::Timings;

pub(super) fn measure(run: &Run<'_>) -> anyhow::Result<Timings> {
    let out: &Out = &RefCell::new((run.buffer(0i8), vec![0.0; ROW.max(run.elements() / ROW)]));
    let (rows, columns) = (Scheme::int8().per_channel(0), Scheme::int8().per_channel(1));
    let mut all = Vec::new();
    for (name, backend) in run.backends() {
        let is_best = name == ABSMAX;
        all.push(tensor::contender(run, name, backend, columns, out)?);
        if is_best {
            all.push(tensor::contender(run, ROWS.to_owned(), backend, rows, out)?);
        }
    }
    Ok(run.interleave(run.inputs.len(), all))
}
