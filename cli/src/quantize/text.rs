//! Writes a run as text for people.

use std::fmt::Write as _;

use absmax_checkpoint::{QuantizeReport, TensorReport};

use crate::explain::reason;
use crate::text::{grouped, joined, printable, right_align, table};

/// Lines for tensors, in columns as wide as the plan needs.
#[derive(Debug)]
pub(super) struct TensorLines {
    name: usize,
    shape: usize,
    dtype: usize,
    kind: usize,
    done: usize,
}

impl TensorLines {
    pub(super) fn new(tensors: &[TensorReport]) -> Self {
        let mut widths = Self { name: 0, shape: 0, dtype: 0, kind: 0, done: 0 };
        for tensor in tensors {
            widths.name = widths.name.max(printable(&tensor.name).chars().count());
            widths.shape = widths.shape.max(shape(tensor).len());
            widths.dtype = widths.dtype.max(tensor.dtype.len());
            widths.kind = widths.kind.max(kind(tensor).len());
            widths.done = widths.done.max(done(tensor).len());
        }
        widths
    }

    pub(super) fn line(&self, tensor: &TensorReport) -> String {
        let mut line = format!(
            "{:name$}  {:shape$}  {:dtype$}  {:kind$}  {:done$}",
            printable(&tensor.name),
            shape(tensor),
            tensor.dtype,
            kind(tensor),
            done(tensor),
            name = self.name,
            shape = self.shape,
            dtype = self.dtype,
            kind = self.kind,
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

/// What module the tensor belongs to.
fn kind(tensor: &TensorReport) -> String {
    tensor.kind.map_or_else(|| "-".to_owned(), |kind| kind.to_string())
}

fn done(tensor: &TensorReport) -> String {
    let (Some(scheme), None) = (tensor.scheme, &tensor.reason) else {
        return format!("kept: {}", tensor.reason.as_ref().map(reason).unwrap_or_default());
    };
    let (bits, scales) = (scheme.bits(), tensor.scales);
    let plural = if scales == 1 { "" } else { "s" };
    let and =
        if scheme.is_symmetric() { String::new() } else { format!(" and zero point{plural}") };
    format!("int{bits}, {scales} scale{plural}{and}")
}

/// How much smaller the files are: small ones may grow by what says how they are quantized.
fn times(ratio: f64) -> String {
    if ratio < 1.0 {
        format!("{:.2} times larger", 1.0 / ratio)
    } else {
        format!("{ratio:.2} times smaller")
    }
}

/// What comes after the tensors' lines.
pub(super) fn summary(report: &QuantizeReport, peak_memory: Option<u64>) -> String {
    let mut text = String::new();
    let quantized = report.tensors.iter().filter(|tensor| tensor.quantized).count();
    let _ = write!(
        text,
        "\n{} {quantized} of {} tensors: weight files of {} bytes become {}, {}\n",
        if report.dry_run { "would quantize" } else { "quantized" },
        report.tensors.len(),
        grouped(report.bytes_before),
        grouped(report.bytes_after),
        times(report.ratio),
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
            left_out.add_row([&file.name, &file.reason]);
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
            peak_memory.map_or("-".to_owned(), |n| format!("{} MB", n / 1_000_000)),
        ),
    };
    joined(&text.lines().collect::<Vec<_>>())
}
