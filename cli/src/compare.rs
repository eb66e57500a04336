//! `absmax compare`: how far two checkpoints are from each other, tensor by tensor.

use std::collections::BTreeSet;
use std::path::Path;

use absmax::{Backend, Element, ErrorStats};
use anyhow::{Context as _, Result, ensure};
use bytemuck::{AnyBitPattern, NoUninit};
use half::{bf16, f16};
use rayon::ThreadPoolBuilder;
use safetensors::Dtype;
use serde::Serialize;

use crate::args::CompareArgs;
use crate::console::{Console, printable};
use crate::interrupt;
use crate::text::{grouped, joined, right_align, table, table_lines};
use absmax_checkpoint::quantize::report::TensorError;
use absmax_checkpoint::read::pieces::{Buffers, Workshop};
use absmax_checkpoint::read::stored::{Parameters, Place, Stored, StoredModel};
use absmax_checkpoint::source::checkpoint::Checkpoint;

/// Everything about one comparison; with `--json`, exactly what is printed.
#[derive(Debug, Serialize)]
struct Comparison {
    a: String,
    b: String,
    /// Tensors of both that are floating-point or quantized, the worst first.
    tensors: Vec<Pair>,
    total: TensorError,
    values: u64,
    /// Tensors of other types: whether their bytes are the same.
    other: Vec<Other>,
    only_in_a: Vec<String>,
    only_in_b: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Pair {
    name: String,
    a: String,
    b: String,
    shape: Vec<usize>,
    identical: bool,
    #[serde(flatten)]
    error: TensorError,
}

#[derive(Debug, Serialize)]
struct Other {
    name: String,
    identical: bool,
}

/// The whole command.
pub(crate) fn run(args: &CompareArgs) -> Result<()> {
    interrupt::watch()?;
    let pool = ThreadPoolBuilder::new().num_threads(args.threads).build()?;
    let comparison = pool.install(|| compare(&args.a, &args.b))?;
    let json = || serde_json::to_string(&comparison);
    let text = if args.json { json()? } else { text(&comparison) };
    Console::new(0).print(&text)?;
    let Some(least) = args.fail_below else { return Ok(()) };
    let is_below = |pair: &&Pair| pair.error.sqnr_db < least || pair.error.sqnr_db.is_nan();
    let below: Vec<&Pair> = comparison.tensors.iter().filter(is_below).collect();
    let worst = below.first().map(|pair| format!("{} has {:.2} dB", pair.name, pair.error.sqnr_db));
    let worst = worst.unwrap_or_default();
    ensure!(below.is_empty(), "{} tensors are below {least} dB: {worst}", below.len());
    let differing = comparison.other.iter().filter(|other| !other.identical);
    let lost: Vec<&String> =
        comparison.only_in_a.iter().chain(differing.map(|other| &other.name)).collect();
    let first = lost.first().map_or("", |name| name);
    ensure!(lost.is_empty(), "{} tensors of A cannot be found again in B: {first}", lost.len());
    Ok(())
}

fn compare(a: &Path, b: &Path) -> Result<Comparison> {
    let open = |path: &Path| anyhow::Ok(StoredModel::of(&Checkpoint::open(path)?)?);
    let (model_a, model_b) = (open(a)?, open(b)?);
    let names_a: BTreeSet<&String> = model_a.tensors.keys().collect();
    let names_b: BTreeSet<&String> = model_b.tensors.keys().collect();
    let only = |these: &BTreeSet<&String>, those: &BTreeSet<&String>| {
        these.difference(those).map(|name| (*name).clone()).collect::<Vec<_>>()
    };
    let (workshop, backend) = (Workshop::default(), Backend::best().threads(1));
    let (mut tensors, mut other, mut total) = (Vec::new(), Vec::new(), ErrorStats::default());
    let bytes = |stored: &Stored| stored.shape().iter().product::<usize>() as u64;
    let both = || names_a.intersection(&names_b).map(|name| name.as_str());
    let console = Console::new(both().map(|name| bytes(&model_a.tensors[name])).sum());
    for name in both() {
        let (stored_a, stored_b) = (&model_a.tensors[name], &model_b.tensors[name]);
        ensure!(
            stored_a.shape() == stored_b.shape(),
            "tensor {name} is {:?} in {} and {:?} in {}",
            stored_a.shape(),
            a.display(),
            stored_b.shape(),
            b.display()
        );
        let pair = [(&model_a, stored_a), (&model_b, stored_b)];
        if !(is_comparable(stored_a) && is_comparable(stored_b)) {
            let identical =
                same_bytes(pair, &workshop).with_context(|| format!("tensor {name}"))?;
            other.push(Other { name: name.to_owned(), identical });
            continue;
        }
        let stats =
            difference(backend, pair, &workshop).with_context(|| format!("tensor {name}"))?;
        total = total.merge(stats);
        tensors.push(Pair {
            name: name.to_owned(),
            a: stored_a.kind(),
            b: stored_b.kind(),
            shape: stored_a.shape().to_vec(),
            identical: stats.mse() == 0.0,
            error: TensorError::from(stats),
        });
        console.advance(bytes(stored_a));
    }
    ensure!(
        !tensors.is_empty() || !other.is_empty(),
        "{} and {} have no tensor in common",
        a.display(),
        b.display()
    );
    // What is not a number comes first.
    let key = |pair: &Pair| if pair.error.sqnr_db.is_nan() { f64::MIN } else { pair.error.sqnr_db };
    tensors.sort_by(|a, b| key(a).total_cmp(&key(b)));
    Ok(Comparison {
        a: a.display().to_string(),
        b: b.display().to_string(),
        tensors,
        total: TensorError::from(total),
        values: total.count(),
        other,
        only_in_a: only(&names_a, &names_b),
        only_in_b: only(&names_b, &names_a),
    })
}

fn is_comparable(stored: &Stored) -> bool {
    matches!(stored.dtype(), Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// The error of the second against the first, panel by panel.
fn difference(
    backend: Backend,
    pair: [(&StoredModel, &Stored); 2],
    workshop: &Workshop,
) -> Result<ErrorStats> {
    let parameters = |(model, stored): (&StoredModel, &Stored)| match stored {
        Stored::Plain(_) => Ok(None),
        Stored::Quantized(weight) => weight.parameters(model).map(Some),
    };
    let [a, b] = [parameters(pair[0])?, parameters(pair[1])?];
    let row_len = if let [_, row_len] = *pair[0].1.shape() { row_len } else { 1 };
    let stats = workshop.run(pair[0].1.panels(), |rows, buffers| {
        let mut x = std::mem::take(&mut buffers.dequantized);
        let mut y = std::mem::take(&mut buffers.compared);
        x.resize(rows.len() * row_len, 0.0);
        y.resize(rows.len() * row_len, 0.0);
        widened(backend, pair[0], a.as_ref(), &rows, buffers, &mut x)?;
        widened(backend, pair[1], b.as_ref(), &rows, buffers, &mut y)?;
        let stats = backend.error_stats(&x, &y)?;
        (buffers.dequantized, buffers.compared) = (x, y);
        Ok(stats)
    })?;
    Ok(stats.into_iter().fold(ErrorStats::default(), ErrorStats::merge))
}

/// Rows as binary32: (q - zero_point) * scale of a quantized tensor.
fn widened(
    backend: Backend,
    (model, stored): (&StoredModel, &Stored),
    parameters: Option<&Parameters>,
    rows: &std::ops::Range<usize>,
    buffers: &mut Buffers,
    x: &mut [f32],
) -> Result<()> {
    match (stored, parameters) {
        (Stored::Quantized(weight), Some(parameters)) => {
            weight.rows(backend, model, parameters, rows, buffers, x)
        }
        (Stored::Plain(place), _) => {
            let row_len = x.len() / rows.len().max(1);
            let elements = rows.start * row_len..rows.end * row_len;
            match place.dtype {
                Dtype::F16 => widen::<f16>(model, place, elements, buffers, x),
                Dtype::BF16 => widen::<bf16>(model, place, elements, buffers, x),
                _ => widen::<f32>(model, place, elements, buffers, x),
            }
        }
        (Stored::Quantized(_), None) => Ok(()),
    }
}

fn widen<T: Element + AnyBitPattern + NoUninit>(
    model: &StoredModel,
    place: &Place,
    elements: std::ops::Range<usize>,
    buffers: &mut Buffers,
    x: &mut [f32],
) -> Result<()> {
    let values: &[T] = model.read(place, elements, &mut buffers.words)?;
    x.iter_mut().zip(values).for_each(|(x, value)| *x = value.to_f32());
    Ok(())
}

/// Whether two tensors of other types are the same.
fn same_bytes(pair: [(&StoredModel, &Stored); 2], workshop: &Workshop) -> Result<bool> {
    let [(model_a, Stored::Plain(a)), (model_b, Stored::Plain(b))] = pair else { return Ok(false) };
    if a.dtype != b.dtype {
        return Ok(false);
    }
    let len = a.len() as usize;
    let starts = (0..len).step_by(1 << 20);
    let same = workshop.run(starts, |start, buffers| {
        let bytes = start..len.min(start + (1 << 20));
        let ours: Vec<u8> = model_a.read(a, bytes.clone(), &mut buffers.words)?.to_vec();
        Ok(ours == model_b.read::<u8>(b, bytes, &mut buffers.words)?)
    })?;
    Ok(same.into_iter().all(|same| same))
}

fn text(comparison: &Comparison) -> String {
    let mut tensors = table();
    tensors.set_header(["tensor", "shape", "A", "B", "SQNR dB", "MSE", "max error", "cosine"]);
    for pair in &comparison.tensors {
        let mut row = vec![printable(&pair.name), format!("{:?}", pair.shape)];
        row.extend([pair.a.clone(), pair.b.clone()]);
        row.extend(figures(&pair.error));
        tensors.add_row(row);
    }
    let mut total =
        vec!["all".to_owned(), grouped(comparison.values), String::new(), String::new()];
    total.extend(figures(&comparison.total));
    tensors.add_row(total);
    (4..8).for_each(|column| right_align(&mut tensors, column));
    let mut lines = table_lines(&tensors);
    let differing = comparison.other.iter().filter(|other| !other.identical);
    let differing: Vec<String> = differing.map(|other| other.name.clone()).collect();
    for (what, names) in [
        ("only in A", &comparison.only_in_a),
        ("only in B", &comparison.only_in_b),
        ("of other types, and different", &differing),
    ] {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    }
    joined(&lines)
}

fn figures(error: &TensorError) -> [String; 4] {
    let TensorError { sqnr_db, mse, max_abs_error, cosine } = error;
    [
        format!("{sqnr_db:.2}"),
        format!("{mse:.3e}"),
        format!("{max_abs_error:.3e}"),
        format!("{cosine:.6}"),
    ]
}
