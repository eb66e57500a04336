//! Writes one operation as a table, with contenders down and sizes across.

use comfy_table::{CellAlignment, Table, presets};

use crate::contender::Exact;
use crate::measure::Timings;

pub(crate) fn table(results: &[Timings]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    let sizes = results.iter().map(|timings| elements(timings.elements));
    table.set_header(["", "exact"].map(String::from).into_iter().chain(sizes));
    let Some(first) = results.first() else { return table };
    for (i, row) in first.rows.iter().enumerate() {
        let exact = match row.exact {
            Exact::Yes => "yes".to_owned(),
            Exact::Differ(_) => {
                let worst = results.iter().filter_map(|t| match t.rows[i].exact {
                    Exact::Differ(n) => Some(n),
                    _ => None,
                });
                format!("no: {} differ", worst.max().unwrap_or(0))
            }
            Exact::Other => "-".to_owned(),
        };
        let cells = results.iter().map(|timings| {
            let seconds = timings.rows[i].seconds;
            let speed = timings.elements as f64 * 4.0 / seconds / 1e9;
            format!("{speed:.1} ({:.2})", seconds / timings.rows[0].seconds)
        });
        table.add_row([row.name.clone(), exact].into_iter().chain(cells));
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
