//! Writes one operation as a table, with contenders down and sizes across.

use comfy_table::{CellAlignment, Table, presets};

use crate::contender::Exact;
use crate::measure::{Timing, Timings};

pub(crate) fn table(results: &[Timings]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let sizes = results.iter().map(|timings| elements(timings.elements));
    table.set_header(["", "exact"].map(String::from).into_iter().chain(sizes));
    // Some contenders take no part at some sizes. No other does at a size where all take part.
    let Some(all) = results.iter().max_by_key(|timings| timings.rows.len()) else { return table };
    for Timing { name, .. } in &all.rows {
        let find = |timings: &Timings| timings.rows.iter().find(|row| row.name == *name).cloned();
        let of_name: Vec<Option<Timing>> = results.iter().map(find).collect();
        let exact = match of_name.iter().flatten().map(|row| row.exact).max() {
            Some(Exact::Yes) => "yes".to_owned(),
            Some(Exact::Differ(n)) => format!("no: {n} differ"),
            Some(Exact::Other) | None => "-".to_owned(),
        };
        let cells = results.iter().zip(&of_name).map(|(timings, row)| {
            let Some(Timing { seconds, .. }) = row else { return String::new() };
            let speed = timings.elements as f64 * 4.0 / seconds / 1e9;
            format!("{speed:.1} ({:.2})", seconds / timings.rows[0].seconds)
        });
        table.add_row([name.clone(), exact].into_iter().chain(cells));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Writes a number of elements, as in 4 Ki.
pub(crate) fn elements(n: usize) -> String {
    match n {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} Mi", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} Ki", n >> 10),
        n => n.to_string(),
    }
}
