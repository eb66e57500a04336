//! Writes a comparison as text for people.

use absmax_checkpoint::{CompareReport, ErrorNumbers};

use crate::text::{grouped, joined, printable, right_align, table, table_lines};

pub(super) fn text(comparison: &CompareReport) -> String {
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

fn figures(error: &ErrorNumbers) -> [String; 4] {
    let ErrorNumbers { sqnr_db, mse, max_abs_error, cosine } = error;
    [
        format!("{sqnr_db:.2}"),
        format!("{mse:.3e}"),
        format!("{max_abs_error:.3e}"),
        format!("{cosine:.6}"),
    ]
}
