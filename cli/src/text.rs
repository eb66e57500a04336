//! Reports for people.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use crate::console::printable;
use absmax_checkpoint::quantize::report::{Report, TensorReport};

/// Lines for tensors, in columns as wide as the plan needs.
#[derive(Debug)]
pub(crate) struct TensorLines {
    name: usize,
    shape: usize,
    dtype: usize,
    done: usize,
}

impl TensorLines {
    pub(crate) fn new(tensors: &[TensorReport]) -> Self {
        let mut widths = Self { name: 0, shape: 0, dtype: 0, done: 0 };
        for tensor in tensors {
            widths.name = widths.name.max(tensor.name.len());
            widths.shape = widths.shape.max(shape(tensor).len());
            widths.dtype = widths.dtype.max(tensor.dtype.len());
            widths.done = widths.done.max(done(tensor).len());
        }
        widths
    }

    pub(crate) fn line(&self, tensor: &TensorReport) -> String {
        let mut line = format!(
            "{:name$}  {:shape$}  {:dtype$}  {:done$}",
            tensor.name,
            shape(tensor),
            tensor.dtype,
            done(tensor),
            name = self.name,
            shape = self.shape,
            dtype = self.dtype,
            done = self.done,
        );
        if let Some(error) = tensor.error {
            let _ = write!(line, "  {:6.2} dB", error.sqnr_db);
        }
        printable(line.trim_end())
    }
}

fn shape(tensor: &TensorReport) -> String {
    format!("{:?}", tensor.shape)
}

fn done(tensor: &TensorReport) -> String {
    let (Some(scheme), None) = (tensor.scheme, &tensor.reason) else {
        return format!("kept: {}", tensor.reason.as_deref().unwrap_or_default());
    };
    let (bits, scales) = (scheme.bits, tensor.scales);
    let plural = if scales == 1 { "" } else { "s" };
    let and =
        if scheme.is_symmetric() { String::new() } else { format!(" and zero point{plural}") };
    format!("int{bits}, {scales} scale{plural}{and}")
}

/// What comes after the tensors' lines.
pub(crate) fn summary(report: &Report) -> String {
    let mut text = String::new();
    let quantized = report.tensors.iter().filter(|tensor| tensor.quantized).count();
    let _ = write!(
        text,
        "\n{} {quantized} of {} tensors: weight files of {} bytes become {}, {:.2} times smaller\n",
        if report.dry_run { "would quantize" } else { "quantized" },
        report.tensors.len(),
        grouped(report.bytes_before),
        grouped(report.bytes_after),
        report.ratio,
    );
    let _ = writeln!(text, "not quantized at loading: {}", report.ignore.join(", "));
    if let Some(outcome) = &report.outcome {
        let mut worst = table();
        for tensor in &outcome.worst {
            worst.add_row([printable(&tensor.name), format!("{:.2} dB", tensor.sqnr_db)]);
        }
        right_align(&mut worst, 1);
        let _ = write!(text, "\nlowest signal to quantization noise ratio:\n{worst}\n");
    }
    let mut files = table();
    for file in &report.files {
        let sha256 = file.sha256.clone().unwrap_or_default();
        files.add_row([file.name.clone(), grouped(file.bytes), sha256]);
    }
    right_align(&mut files, 1);
    let head = if report.dry_run { "files, bytes" } else { "files, bytes, SHA-256" };
    let _ = write!(text, "\n{head}:\n{files}\n");
    if !report.left_out.is_empty() {
        let mut left_out = table();
        for file in &report.left_out {
            left_out.add_row([&file.name, file.reason]);
        }
        let _ = write!(text, "\nleft out:\n{left_out}\n");
    }
    let _ = match &report.outcome {
        None => write!(text, "\ndry run: nothing was written"),
        Some(outcome) => write!(
            text,
            "\n{:.2} s, {:.2} GB/s, {} and {} threads, peak memory {}",
            outcome.seconds,
            outcome.gigabytes_per_second,
            report.isa,
            report.threads,
            outcome.peak_memory_bytes.map_or("-".to_owned(), |n| format!("{} MB", n / 1_000_000)),
        ),
    };
    joined(&text.lines().collect::<Vec<_>>())
}

/// The warning that values cannot be had back in the type that loaders compute in.
pub(crate) fn overflow(tensor: &str, dtype: &str) -> String {
    format!(
        "tensor {tensor}: some integers times their scales overflow {dtype} and become infinite"
    )
}

pub(crate) fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table
}

pub(crate) fn table_lines(table: &Table) -> Vec<String> {
    table.to_string().lines().map(str::to_owned).collect()
}

/// Lines as they are printed.
pub(crate) fn joined(lines: &[impl AsRef<str>]) -> String {
    lines.iter().map(|line| printable(line.as_ref().trim_end())).collect::<Vec<_>>().join("\n")
}

pub(crate) fn right_align(table: &mut Table, column: usize) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// 0.001234, 12.34, 1.234e-5.
pub(crate) fn four_digits(x: f64) -> String {
    let magnitude = x.abs();
    if x == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&magnitude) {
        let decimals = 3 - magnitude.log10().floor() as i32;
        format!("{x:.*}", decimals.max(0) as usize)
    } else {
        format!("{x:.3e}")
    }
}
