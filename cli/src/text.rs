//! Writes tables and numbers for people.

use comfy_table::{CellAlignment, Table, presets};

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

/// Writes 1234567 as 1,234,567.
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

/// Writes four digits, as in 0.001234, 12.34 and 1.234e-5.
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

/// Whether a character changes the order in which others are shown, or shows nothing.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// Makes a text safe to print. Names come from files, so characters that would steer a terminal are
/// written as escapes.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            printable.extend(c.escape_default());
        } else {
            printable.push(c);
        }
    }
    printable
}
