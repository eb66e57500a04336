//! Writes what the selftest found as tables.

use std::fmt::{self, Write as _};

use absmax_proof::Report;
use absmax_proof::checks::Division;
use absmax_proof::compare::Counts;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

/// A report for people.
pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string never fails.
    let _ = write(report, &mut text);
    text
}

fn write(report: &Report, out: &mut String) -> fmt::Result {
    writeln!(out, "{}, {} threads", report.cpu, report.threads)?;
    for status in &report.backends {
        let state =
            status.skipped.as_deref().map_or("runs".to_owned(), |why| format!("not run: {why}"));
        writeln!(out, "  {:9} {state}", status.isa)?;
    }
    writeln!(out, "tried: {}\n", report.tried)?;
    writeln!(out, "mismatches / results compared with the scalar reference")?;
    writeln!(out, "{}\n", checks(report))?;
    writeln!(out, "division by a product: mismatches / values around every step of the quotient")?;
    writeln!(out, "{}\n", division(&report.division))?;
    for outcome in &report.checks {
        write!(out, "{outcome}")?;
    }
    let verdict =
        if report.passed { "passed: every bit agrees, every control was caught" } else { "FAILED" };
    write!(out, "{verdict} ({:.1} s)", report.seconds)
}

fn checks(report: &Report) -> Table {
    let names = report.backends.iter().filter(|status| status.running().is_some());
    let names: Vec<&str> = names.map(|status| status.isa.name()).collect();
    let mut header = vec!["check".to_owned()];
    header.extend(names.iter().map(|&name| name.to_owned()));
    header.extend(["wrong on purpose".to_owned(), "seconds".to_owned()]);
    let mut table = numbers(header);
    for outcome in &report.checks {
        let mut row = vec![outcome.check.to_owned()];
        row.extend(outcome.backends.iter().map(cell));
        row.push(outcome.control.as_ref().map_or("".to_owned(), |control| {
            let caught = if outcome.toothless().next().is_none() { "caught" } else { "NOT CAUGHT" };
            format!("{caught}: {}", cell(control))
        }));
        row.push(format!("{:.1}", outcome.seconds));
        table.add_row(row);
    }
    table
}

fn division(divisions: &[Division]) -> Table {
    let header =
        ["backend", "scales", "mismatches", "windows without a step", "control", "seconds"];
    let mut table = numbers(header.map(str::to_owned).to_vec());
    for d in divisions {
        let control = match d {
            Division { divides: true, .. } => "divides: nothing to prove".to_owned(),
            Division { control_mismatches: n, .. } if d.control_is_right() => {
                format!("caught: {n}, as it must be")
            }
            Division { control_mismatches: n, .. } => {
                format!("NOT AS IT MUST BE: {n} instead of 1")
            }
        };
        table.add_row([
            d.backend.to_owned(),
            format!("{} of {}", grouped(d.significands.into()), grouped(d.of.into())),
            format!("{} / {}", grouped(d.mismatches), grouped(d.cases)),
            grouped(d.stepless),
            control,
            format!("{:.1}", d.seconds),
        ]);
    }
    table
}

/// A table whose columns are numbers, except for the first.
fn numbers(header: Vec<String>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cell(counts: &Counts) -> String {
    format!("{} / {}", grouped(counts.mismatches), grouped(counts.cases))
}

/// Writes a number with its digits in groups of three.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i != 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
