//! Writes a sweep as text for people.

use absmax_checkpoint::{SchemeNumbers, SweepReport};

use crate::text::{grouped, joined, right_align, table, table_lines};

pub(super) fn text(report: &SweepReport, plots: &[String]) -> String {
    let mut schemes = table();
    schemes.set_header(["bits", "granularity", "mapping", "bits/weight", "MSE", "SQNR dB"]);
    for SchemeNumbers { candidate, bits_per_weight, error, .. } in &report.schemes {
        schemes.add_row([
            candidate.bits.to_string(),
            candidate.granularity.to_string(),
            candidate.mapping.name().to_owned(),
            format!("{bits_per_weight:.4}"),
            format!("{:.3e}", error.mse),
            format!("{:.2}", error.sqnr_db),
        ]);
    }
    [0, 3, 4, 5].into_iter().for_each(|column| right_align(&mut schemes, column));
    let mut lines = table_lines(&schemes);
    lines.extend([String::new(), of_what(report)]);
    lines.push(
        "bits/weight counts 16 bits for each scale and a weight's bits for each zero point; the \
         scales of these errors are kept in binary32"
            .to_owned(),
    );
    lines.extend(plots.iter().map(|plot| format!("wrote {plot}")));
    joined(&lines)
}

/// What was tried.
pub(super) fn of_what(report: &SweepReport) -> String {
    let values = grouped(report.values);
    match &report.tensors[..] {
        [one] => format!("{}, {values} values", one.name),
        all => format!("{} weights of {values} values", all.len()),
    }
}
