//! Writes an inspection as text for people.

use absmax_checkpoint::{
    Group, GroupArguments, InspectReport, InspectedTensor, Quantization, Statistics, Totals,
};

use crate::text::{four_digits, grouped, joined, printable, right_align, table, table_lines};

const COLUMNS: [&str; 10] = [
    "tensor",
    "shape",
    "dtype",
    "min",
    "max",
    "max |x|",
    "mean |x|",
    "outlier",
    "zeros",
    "not finite",
];

pub(super) fn text(inspection: &InspectReport) -> String {
    let mut tensors = table();
    tensors.set_header(COLUMNS);
    for tensor in &inspection.tensors {
        tensors.add_row(row(tensor));
    }
    (3..COLUMNS.len()).for_each(|column| right_align(&mut tensors, column));
    let mut lines = table_lines(&tensors);
    lines.push(String::new());
    if let Some(quantization) = &inspection.quantization {
        lines.extend(scheme(quantization));
    }
    lines.extend(totals(&inspection.totals));
    joined(&lines)
}

fn row(tensor: &InspectedTensor) -> Vec<String> {
    let mut row =
        vec![printable(&tensor.name), format!("{:?}", tensor.shape), tensor.dtype.clone()];
    let Some(statistics) = &tensor.statistics else { return row };
    let Statistics { min, max, abs_max, mean_abs, outlier, zeros, not_finite, .. } = statistics;
    row.extend([min, max, abs_max, mean_abs].map(|&x| optional(x, four_digits)));
    row.push(optional(*outlier, |x| format!("{x:.1}")));
    row.extend([grouped(*zeros), grouped(*not_finite)]);
    row
}

fn optional(x: Option<f64>, show: impl Fn(f64) -> String) -> String {
    x.map_or_else(|| "-".to_owned(), show)
}

fn scheme(quantization: &Quantization) -> Vec<String> {
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
    let Quantization { method, format, groups, ignore, .. } = quantization;
    let mut lines = vec![format!("quantized by {}, format {}", said(method), said(format))];
    for Group { name, targets, format, weights, input_activations, .. } in groups {
        let name = name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        let arguments = |what, arguments: &Option<GroupArguments>| {
            arguments.as_ref().map(|a| format!("{what} {a}"))
        };
        let parts = [
            arguments("weights", weights),
            arguments("activations", input_activations),
            format.as_ref().map(|format| format!("format {format}")),
            (!targets.is_empty()).then(|| format!("targets {}", targets.join(" "))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        lines.push(format!("  {name}{}", parts.join("; ")));
    }
    if !ignore.is_empty() {
        lines.push(format!("  not quantized: {}", ignore.join(" ")));
    }
    lines.push(String::new());
    lines
}

fn totals(totals: &Totals) -> Vec<String> {
    let mut by_dtype = table();
    by_dtype.set_header(["dtype", "tensors", "values", "bytes"]);
    for (dtype, of) in &totals.dtypes {
        let values = [of.tensors as u64, of.values, of.bytes].map(grouped);
        by_dtype.add_row([vec![dtype.clone()], values.into()].concat());
    }
    (1..4).for_each(|column| right_align(&mut by_dtype, column));
    let mut lines = table_lines(&by_dtype);
    let parameters = totals.parameters.map_or("an unknown number of".to_owned(), grouped);
    lines.push(String::new());
    lines.push(format!(
        "{} tensors, {parameters} parameters, {} bytes",
        grouped(totals.tensors as u64),
        grouped(totals.bytes),
    ));
    lines
}
